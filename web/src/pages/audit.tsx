// What was done, the latest first.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type AuditEntry, keyText } from "../api";
import { Failure, Waiting } from "../components/failure";
import { Heading } from "../components/layout";
import { onlyEverything, useLoaded } from "../loading";
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

const textOf = (entry: AuditEntry): string =>
  [entry.AuditTimestamp, entry.AuditType, keyText(entry.AuditInstanceKey), entry.Message].join(" ").toLowerCase();

export function AuditPage({ number, filter: given }: { number: number; filter: string }): JSX.Element {
  const { value: entries, error, reload } = useLoaded<AuditEntry[]>(`audit/${number}`, onlyEverything);
  const [filter, setFilter] = useState(given);
  const fitting = entries?.filter((entry) => textOf(entry).includes(filter.toLowerCase())) ?? [];
  const isEmpty = entries?.length === 0;
  return (
    <>
      <Heading text="Audit" title={number === 0 ? "Audit" : `Audit, page ${number}`} />
      <div class="inline">
        <label>Show of this page only what contains{" "}
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
        <button type="button" onClick={reload}>Read again</button>
      </div>
      <Pager number={number} filter={filter} isEmpty={isEmpty} />
      {error !== "" && <Failure what="The audit cannot be read." error={error} retry={reload} />}
      {!entries && error === "" && <Waiting what="Reading the audit…" />}
      {isEmpty && <p role="status">{number === 0 ? "Nothing has been done yet." : "There is nothing older."}</p>}
      {entries && !isEmpty && fitting.length === 0 && <p role="status">Nothing on this page contains “{filter}”.</p>}
      {fitting.length > 0 && (
        <div class="table-frame" tabIndex={0} role="region" aria-label="Audit">
          <table data-audit-rows={fitting.length}>
            <thead>
              <tr><th scope="col">Time</th><th scope="col">Type</th><th scope="col">Instance</th><th scope="col">Message</th></tr>
            </thead>
            <tbody>
              {fitting.map((entry) => (
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
      {fitting.length > 0 && <Pager number={number} filter={filter} isEmpty={isEmpty} />}
    </>
  );
}
