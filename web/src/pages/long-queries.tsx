import type { JSX } from "preact";
import { apiPath, instancePath, keyText, type LongQuery } from "../api";
import { Failure, Waiting } from "../components/failure";
import { Heading } from "../components/layout";
import { openDialog, queryKey } from "../dialogs";
import { durationText } from "../display";
import { onlyEverything, useLoaded } from "../loading";
import { go } from "../location";
import { longQueriesAddress, searchAddress } from "../navigation";
import { useValue } from "../observable";
import { areSettingsKnown, settings, whyNotAllowed } from "../shared";

// More queries make the page slow.
const mostShown = 300;

export function LongQueriesPage({ filter }: { filter: string }): JSX.Element {
  const path = filter === "" ? "long-queries" : apiPath("long-queries", filter);
  const { value: queries, error, reload } = useLoaded<LongQuery[]>(path, onlyEverything);
  const whyNot = whyNotAllowed(useValue(settings), useValue(areSettingsKnown));
  return (
    <>
      <Heading text="Long queries" />
      <p>Queries that had run for more than a minute when their instance was last read, without those of replication.</p>
      <form class="inline" onSubmit={(event) => {
        event.preventDefault();
        go(longQueriesAddress(String(new FormData(event.currentTarget).get("filter") ?? "").trim()));
      }}>
        <label>Filter <input key={filter} type="search" name="filter" defaultValue={filter} /></label>
        <button type="submit">Filter</button>
        <button type="button" onClick={reload}>Refresh</button>
      </form>
      {error !== "" && <Failure what="The queries cannot be read." error={error} retry={reload} />}
      {!queries && error === "" && <Waiting what="Reading the queries…" />}
      {queries?.length === 0 && <p role="status">No long queries{filter === "" ? "" : <> with “{filter}”</>}.</p>}
      <ul class="queries">
        {queries?.slice(0, mostShown).map((query) => <Query key={`${query.InstanceHostname}:${query.InstancePort} ${query.Id}`} query={query} whyNot={whyNot} reload={reload} />)}
      </ul>
      {queries && queries.length > mostShown && <p>And {queries.length - mostShown} more: filter by a part of them.</p>}
    </>
  );
}

function Query({ query, whyNot, reload }: { query: LongQuery; whyNot: string; reload: () => void }): JSX.Element {
  const key = queryKey(query);
  const name = keyText(key);
  // Omit the port of the client: it changes with each connection.
  const client = query.Host.replace(/:\d+$/, "");
  const kill = (): void =>
    openDialog({
      kind: "confirm",
      confirm: {
        title: `Kill query ${query.Id} on ${name}`,
        text: `The statement of ${query.User}@${client} has run for ${durationText(query.Time)}. What it has changed is rolled back, which may take as long again.`,
        quoted: query.Info,
        button: "Kill query",
        isDangerous: true,
        path: instancePath("kill-query", key, query.Id),
        done: reload,
      },
    });
  return (
    <li class="query" data-query={query.Id}>
      <div class="query-head">
        <dl class="short-facts">
          <div><dt>Instance</dt><dd><a href={searchAddress(name)}>{name}</a></dd></div>
          <div><dt>Process</dt><dd>{query.Id}</dd></div>
          <div><dt>Started at</dt><dd>{query.StartedAt}</dd></div>
          <div><dt>Runs for</dt><dd>{durationText(query.Time)}</dd></div>
          <div><dt>Who</dt><dd>{query.User}@{client}</dd></div>
          {query.Db !== "" && <div><dt>Database</dt><dd>{query.Db}</dd></div>}
          {query.State !== "" && <div><dt>State</dt><dd>{query.State}</dd></div>}
        </dl>
        <button type="button" class="danger" disabled={whyNot !== ""} title={whyNot} aria-label={`Kill query ${query.Id} on ${name}`} onClick={kill}>
          Kill query
        </button>
      </div>
      <pre class="quoted" tabIndex={0} aria-label={`Text of query ${query.Id}`}>{query.Info}</pre>
    </li>
  );
}
