// The audit log, latest entries first.

import type { JSX } from "preact";
import { apiPath, type AuditEntry, keyText, withQuery } from "../requests";
import { FilterForm } from "../components/filter-form";
import { Heading } from "../components/layout";
import { LoadingState } from "../components/loading-state";
import { Named, Said } from "../components/said";
import { onlyEverything, useLoaded } from "../loading";
import { auditAddress, searchAddress } from "../navigation";
import { useShown } from "../shown";

function Pager({ number, filter, isEmpty }: { number: number; filter: string; isEmpty: boolean }): JSX.Element {
  const shown = useShown();
  return (
    <nav class="pager" aria-label="Pages of the audit">
      {number > 0 ? <a href={shown.address(auditAddress(number - 1, filter))} rel="prev">Newer</a> : <span class="off">Newer</span>}
      <span>Page {number + 1}</span>
      {!isEmpty ? <a href={shown.address(auditAddress(number + 1, filter))} rel="next">Older</a> : <span class="off">Older</span>}
    </nav>
  );
}

export function AuditPage({ number, filter }: { number: number; filter: string }): JSX.Element {
  const path = withQuery(apiPath("audit", number), filter === "" ? {} : { s: filter });
  const loaded = useLoaded(path, onlyEverything);
  const entries = loaded.value;
  const isEmpty = entries?.length === 0;
  return (
    <>
      <Heading title={number === 0 ? "Audit" : `Audit, page ${number + 1}`}>Audit</Heading>
      <FilterForm filter={filter} addressOf={(text) => auditAddress(0, text)} reload={loaded.reload} />
      <Pager number={number} filter={filter} isEmpty={isEmpty} />
      <LoadingState of={loaded} what="The audit" />
      {isEmpty && (
        <p role="status">
          {number > 0 ? "There is nothing older." : filter === "" ? "Nothing has been done yet." : <>Nothing contains “<Named kind="text" name={filter} />”.</>}
        </p>
      )}
      {entries && !isEmpty && (
        <>
          <Entries entries={entries} />
          <Pager number={number} filter={filter} isEmpty={isEmpty} />
        </>
      )}
    </>
  );
}

function Entries({ entries }: { entries: AuditEntry[] }): JSX.Element {
  const shown = useShown();
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Audit">
      <table data-audit-rows={entries.length}>
        <thead>
          <tr><th scope="col">Time</th><th scope="col">Type</th><th scope="col">Instance</th><th scope="col">Message</th></tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.AuditId}>
              <td data-label="Time" class="no-wrap">{entry.AuditTimestamp}</td>
              <td data-label="Type" class="no-wrap"><bdi>{entry.AuditType}</bdi></td>
              <td data-label="Instance">{entry.AuditInstanceKey.Hostname !== "" && (
                <a href={shown.address(searchAddress(keyText(entry.AuditInstanceKey)))}>
                  <Named kind="instance" name={keyText(entry.AuditInstanceKey)} />
                </a>
              )}</td>
              <td data-label="Message" class="message"><span><Said text={entry.Message} /></span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
