// Discovery of a topology, from any of its instances.

import type { JSX } from "preact";
import { keyText } from "../requests";
import { Heading } from "../components/layout";
import { ErrorBox } from "../components/loading-state";
import { Named, Said } from "../components/said";
import { type Discovered, type Discovery, useDiscovery } from "../components/use-discovery";
import { countText } from "../display";
import { clusterAddress } from "../navigation";
import { useShown, useWhyNot } from "../shown";

export function DiscoverPage(): JSX.Element {
  const whyNot = useWhyNot();
  const { isAnonymous } = useShown();
  const discovery = useDiscovery();
  const isRunning = discovery.state === "running";
  const submit = (event: Event): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    discovery.begin({ Hostname: String(given.get("host") ?? "").trim(), Port: Number(given.get("port")) });
    // What was typed is a name.
    if (isAnonymous) form.reset();
  };
  return (
    <>
      <Heading title="Discover" />
      <p>
        Name one server of a topology, a master or a replica. From there, all masters and replicas are found. A replica
        that does not replicate just now is found when it does, or when it is named here.
      </p>
      {whyNot !== "" && <p class="note" role="note">{whyNot}</p>}
      <form class="fields" onSubmit={submit}>
        <label>Host name <input type="text" name="host" dir="auto" required maxLength={255} autocomplete="off" spellcheck={false} /></label>
        <label>Port <input type="number" name="port" required min={1} max={65535} defaultValue="3306" /></label>
        <button type="submit" class="primary" disabled={whyNot !== "" || isRunning}>{isRunning ? "Running…" : "Discover"}</button>
      </form>
      <Outcome discovery={discovery} />
    </>
  );
}

function Outcome({ discovery: { state, discovered, error } }: { discovery: Discovery }): JSX.Element {
  return (
    <div class="discovered" role="status" data-discovery={state}>
      {state === "refused" && <ErrorBox label="Not discovered:" error={error} />}
      {state === "running" && !discovered && <p class="waiting">Discovering…</p>}
      {discovered && <Found {...discovered} />}
    </div>
  );
}

function Found({ start, summary, cluster, found, unread }: Discovered): JSX.Element {
  const shown = useShown();
  return (
    <>
      <h2>{summary === undefined ? "Discovering from " : "Discovered from "}<Named kind="instance" name={keyText(start)} /></h2>
      <p>
        {countText(found, "instance")} found
        {cluster !== "" && <> in cluster <a href={shown.address(clusterAddress(cluster))}><Named kind="cluster" name={cluster} /></a></>}
        {summary === undefined && <> so far</>}.
        {summary !== undefined && <> The server's summary: <Said text={summary} />.</>}
      </p>
      {unread.length > 0 && (
        <>
          <p>{countText(unread.length, "instance")} could not be read:</p>
          <ul data-unread={unread.length}>
            {unread.map(({ key, reason }) => (
              <li key={keyText(key)}><b><Named kind="instance" name={keyText(key)} /></b>: <Said text={reason} /></li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
