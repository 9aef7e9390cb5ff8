// The audit log, latest entries first.

import type { JSX } from "preact";
import { type AuditEntry, keyText, withQuery } from "../api";
import { Failure, Waiting } from "../components/failure";
import { Heading } from "../components/layout";
import { onlyEverything, useLoaded } from "../loading";
import { go } from "../location";
import { auditAddress, searchAddress } from "../navigation";

function Pager({ number, filter, isEmpty }: { number: number; filter: string; isEmpty: boolean }): JSX.Element {
  return (
    <nav class="pager" aria-label="Pages of the audit">
      {number > 0 ? <a href={auditAddress(number - 1, filter)} rel="prev">Newer</a> : <span class="off">Newer</span>}
      <span>Page {number}</span>
      {!isEmpty ? <a href={auditAddress(number + 1, filter)} rel="next">Older</a> : <span class="off">Older</span>}
    </nav>
  );
}

export function AuditPage({ number, filter }: { number: number; filter: string }): JSX.Element {
  const path = filter === "" ? `audit/${number}` : withQuery(`audit/${number}`, { s: filter });
  const { value: entries, error, reload } = useLoaded<AuditEntry[]>(path, onlyEverything);
  const isEmpty = entries?.length === 0;
  return (
    <>
      <Heading text="Audit" title={number === 0 ? "Audit" : `Audit, page ${number}`} />
      <form class="inline" onSubmit={(event) => {
        event.preventDefault();
        go(auditAddress(0, String(new FormData(event.currentTarget).get("filter") ?? "").trim()));
      }}>
        <label>Filter <input key={filter} type="search" name="filter" defaultValue={filter} /></label>
        <button type="submit">Filter</button>
        <button type="button" onClick={reload}>Refresh</button>
      </form>
      <Pager number={number} filter={filter} isEmpty={isEmpty} />
      {error !== "" && <Failure what="The audit cannot be read." error={error} retry={reload} />}
      {!entries && error === "" && <Waiting what="Reading the audit…" />}
      {isEmpty && <p role="status">{number > 0 ? "There is nothing older." : filter === "" ? "Nothing has been done yet." : <>Nothing contains “{filter}”.</>}</p>}
      {entries && !isEmpty && (
        <div class="table-frame" tabIndex={0} role="region" aria-label="Audit">
          <table data-audit-rows={entries.length}>
            <thead>
              <tr><th scope="col">Time</th><th scope="col">Type</th><th scope="col">Instance</th><th scope="col">Message</th></tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.AuditId}>
                  <td data-label="Time" class="no-wrap">{entry.AuditTimestamp}</td>
                  <td data-label="Type" class="no-wrap">{entry.AuditType}</td>
                  <td data-label="Instance">{entry.AuditInstanceKey.Hostname !== "" && (
                    <a href={searchAddress(keyText(entry.AuditInstanceKey))}>{keyText(entry.AuditInstanceKey)}</a>
                  )}</td>
                  <td data-label="Message" class="message">{entry.Message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {entries && !isEmpty && <Pager number={number} filter={filter} isEmpty={isEmpty} />}
    </>
  );
}
