// The maintenance locks, and interrupted operations with their leftovers.

import type { JSX } from "preact";
import { confirmAction } from "../action-plans";
import { apiPath, instancePath, keyText, type Maintenance, type Unfinished } from "../requests";
import { Heading } from "../components/layout";
import { LoadingState } from "../components/loading-state";
import { Named, Said } from "../components/said";
import { openDialog } from "../dialogs";
import { durationText } from "../display";
import { type Concerns, useLoaded } from "../loading";
import { searchAddress } from "../navigation";
import { useShown, useWhyNot } from "../shown";

const ofMaintenance: Concerns = (news) => news.kind === "everything" || news.kind === "maintenance";
const ofOperations: Concerns = (news) =>
  news.kind === "everything" || (news.kind === "operation" && !news.State.startsWith("step"));

export function MaintenancePage(): JSX.Element {
  const loaded = useLoaded(apiPath("maintenance"), ofMaintenance);
  const held = loaded.value;
  return (
    <>
      <Heading title="Maintenance" />
      <p>Instances locked by users or by running operations. A locked instance cannot be moved.</p>
      <LoadingState of={loaded} what="The list of locks" />
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
              {held.map((one) => <Held key={one.MaintenanceId} held={one} reload={loaded.reload} />)}
            </tbody>
          </table>
        </div>
      )}
      <UnfinishedOperations />
    </>
  );
}

const end = (held: Maintenance, reload: () => void): void =>
  openDialog({
    kind: "confirm",
    confirm: {
      title: `End maintenance of ${keyText(held.Key)}`,
      text: `${held.Owner} holds the lock: ${held.Reason}. After that, the instance can be moved again.`,
      button: "End maintenance",
      isDangerous: false,
      path: instancePath("end-maintenance", held.Key),
      subject: held.Key,
      done: reload,
    },
  });

function Held({ held, reload }: { held: Maintenance; reload: () => void }): JSX.Element {
  const shown = useShown();
  const whyNot = useWhyNot();
  const name = keyText(held.Key);
  const shownName = shown.name("instance", name);
  return (
    <tr data-held={shownName}>
      <td data-label="Instance"><a href={shown.address(searchAddress(name))}><bdi>{shownName}</bdi></a></td>
      <td data-label="Since" class="no-wrap">{held.BeginTimestamp}</td>
      <td data-label="For" class="no-wrap">{durationText(held.SecondsElapsed)}</td>
      <td data-label="Owner"><Named kind="user" name={held.Owner} /></td>
      <td data-label="Reason" class="message"><Named kind="text" name={held.Reason} /></td>
      <td data-label="End">
        <button type="button" disabled={whyNot !== ""} title={whyNot} aria-label={`End maintenance of ${shownName}`} onClick={() => end(held, reload)}>End…</button>
      </td>
    </tr>
  );
}

function UnfinishedOperations(): JSX.Element {
  const loaded = useLoaded(apiPath("unfinished"), ofOperations);
  const operations = loaded.value;
  return (
    <section aria-labelledby="unfinished-heading">
      <h2 id="unfinished-heading">Unfinished operations</h2>
      <LoadingState of={loaded} what="The list of unfinished operations" />
      {operations?.length === 0 && <p role="status">There are no interrupted operations.</p>}
      <ul class="queries">
        {operations?.map((one) => <UnfinishedOne key={one.OperationId} one={one} reload={loaded.reload} />)}
      </ul>
    </section>
  );
}

function UnfinishedOne({ one, reload }: { one: Unfinished; reload: () => void }): JSX.Element {
  const whyNot = useWhyNot();
  const name = keyText(one.Key);
  return (
    <li class="query" data-unfinished={one.OperationId}>
      <p>
        <b>{one.Operation}</b> of <Named kind="instance" name={name} />, begun {one.BeginTimestamp} by{" "}
        <Named kind="user" name={one.Owner} /> ({durationText(one.SecondsElapsed)} ago)
        {one.IsUnderWay && <>; it is under way</>}
      </p>
      <ul>
        {one.Servers.map((server) => (
          <li key={keyText(server.Key)}>
            <Named kind="instance" name={keyText(server.Key)} />: <span class={server.IsInOrder ? "good" : "bad"}><Said text={server.State} /></span>
          </li>
        ))}
      </ul>
      <p class="buttons">
        {one.Actions.map((action) => (
          <button key={action.Operation} type="button" disabled={whyNot !== ""} title={whyNot || action.Explanation}
            onClick={() => confirmAction(action, one.Key, reload)}>
            {action.Label}…
          </button>
        ))}
      </p>
    </li>
  );
}
