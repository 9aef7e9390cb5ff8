// The maintenance locks, and interrupted operations with their leftovers.

import type { JSX } from "preact";
import { instancePath, keyText, type Maintenance, type Unfinished } from "../api";
import { Failure, Waiting } from "../components/failure";
import { Heading } from "../components/layout";
import { openDialog } from "../dialogs";
import { durationText } from "../display";
import { type Concerns, useLoaded } from "../loading";
import { searchAddress } from "../navigation";
import { useValue } from "../observable";
import { areSettingsKnown, settings, whyNotAllowed } from "../shared";

const ofMaintenance: Concerns = (news) => news.kind === "everything" || news.kind === "maintenance";
const ofOperations: Concerns = (news) =>
  news.kind === "everything" || (news.kind === "operation" && news.State !== "step");

export function MaintenancePage(): JSX.Element {
  const { value: held, error, reload } = useLoaded<Maintenance[]>("maintenance", ofMaintenance);
  const whyNot = whyNotAllowed(useValue(settings), useValue(areSettingsKnown));
  return (
    <>
      <Heading text="Maintenance" />
      <p>Instances locked by users or by running operations. A locked instance cannot be moved.</p>
      {error !== "" && <Failure what="The list cannot be read." error={error} retry={reload} />}
      {!held && error === "" && <Waiting what="Reading the list…" />}
      {held?.length === 0 && <p role="status">No instance is in maintenance.</p>}
      {held && held.length > 0 && (
        <div class="table-frame" tabIndex={0} role="region" aria-label="Maintenance">
          <table>
            <thead>
              <tr>
                <th scope="col">Instance</th><th scope="col">Since</th><th scope="col">For</th>
                <th scope="col">Owner</th><th scope="col">Reason</th><th scope="col">End</th>
              </tr>
            </thead>
            <tbody>
              {held.map((one) => <Held key={one.MaintenanceId} held={one} whyNot={whyNot} reload={reload} />)}
            </tbody>
          </table>
        </div>
      )}
      <UnfinishedOperations whyNot={whyNot} />
    </>
  );
}

function Held({ held, whyNot, reload }: { held: Maintenance; whyNot: string; reload: () => void }): JSX.Element {
  const name = keyText(held.Key);
  const end = (): void =>
    openDialog({
      kind: "confirm",
      confirm: {
        title: `End maintenance of ${name}`,
        text: `${held.Owner} holds the lock: ${held.Reason}. After that, the instance can be moved again.`,
        button: "End maintenance",
        isDangerous: false,
        path: instancePath("end-maintenance", held.Key),
        done: reload,
      },
    });
  return (
    <tr data-held={name}>
      <td data-label="Instance"><a href={searchAddress(name)}>{name}</a></td>
      <td data-label="Since" class="no-wrap">{held.BeginTimestamp}</td>
      <td data-label="For" class="no-wrap">{durationText(held.SecondsElapsed)}</td>
      <td data-label="Owner">{held.Owner}</td>
      <td data-label="Reason" class="message">{held.Reason}</td>
      <td data-label="End"><button type="button" disabled={whyNot !== ""} title={whyNot} aria-label={`End maintenance of ${name}`} onClick={end}>End…</button></td>
    </tr>
  );
}

function UnfinishedOperations({ whyNot }: { whyNot: string }): JSX.Element {
  const { value: operations, error, reload } = useLoaded<Unfinished[]>("unfinished", ofOperations);
  return (
    <section aria-labelledby="unfinished-heading">
      <h2 id="unfinished-heading">Unfinished operations</h2>
      {error !== "" && <Failure what="They cannot be read." error={error} retry={reload} />}
      {!operations && error === "" && <Waiting what="Checking the servers…" />}
      {operations?.length === 0 && <p role="status">There are no interrupted operations.</p>}
      <ul class="queries">
        {operations?.map((one) => <UnfinishedOne key={one.OperationId} one={one} whyNot={whyNot} />)}
      </ul>
    </section>
  );
}

function UnfinishedOne({ one, whyNot }: { one: Unfinished; whyNot: string }): JSX.Element {
  const name = keyText(one.Key);
  const settle = (operation: "finish-unfinished" | "undo-unfinished", button: string): void =>
    openDialog({
      kind: "plan",
      plan: { title: `${button} ${one.Operation} of ${name}`, path: instancePath(operation, one.Key), subject: one.Key, button },
    });
  return (
    <li class="query" data-unfinished={one.OperationId}>
      <p>
        <b>{one.Operation}</b> of {name}, begun {one.BeginTimestamp} by {one.Owner} ({durationText(one.SecondsElapsed)} ago)
        {one.IsUnderWay && <>; it is under way</>}
      </p>
      <ul>
        {one.Servers.map((server) => (
          <li key={keyText(server.Key)}>
            {keyText(server.Key)}: <span class={server.IsInOrder ? "good" : "bad"}>{server.State}</span>
          </li>
        ))}
      </ul>
      {!one.IsUnderWay && (
        <p class="buttons">
          <button type="button" disabled={whyNot !== ""} title={whyNot} onClick={() => settle("finish-unfinished", "Finish")}>Finish…</button>
          <button type="button" disabled={whyNot !== ""} title={whyNot} onClick={() => settle("undo-unfinished", "Undo")}>Undo…</button>
        </p>
      )}
    </li>
  );
}
