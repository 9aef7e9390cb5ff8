// Queries that run for long, and a button to kill each.

import type { JSX } from "preact";
import { confirmAction } from "../action-plans";
import { apiPath, keyText, type LongQuery } from "../requests";
import { FilterForm } from "../components/filter-form";
import { Heading } from "../components/layout";
import { LoadingState } from "../components/loading-state";
import { QuotedText } from "../components/quoted-text";
import { Named, Said } from "../components/said";
import { queryKey } from "../dialogs";
import { durationText } from "../display";
import { onlyEverything, useLoaded } from "../loading";
import { longQueriesAddress, searchAddress } from "../navigation";
import { useShown, useWhyNot } from "../shown";

// More queries make the page slow.
const mostShown = 300;

export function LongQueriesPage({ filter }: { filter: string }): JSX.Element {
  const path = filter === "" ? apiPath("long-queries") : apiPath("long-queries", filter);
  const loaded = useLoaded(path, onlyEverything);
  const queries = loaded.value;
  return (
    <>
      <Heading title="Long queries" />
      <p>Queries that had run for more than {durationText(60)} when their instance was last read, without those of replication.</p>
      <FilterForm filter={filter} addressOf={longQueriesAddress} reload={loaded.reload} />
      <LoadingState of={loaded} what="The list of queries" />
      {queries?.length === 0 && <p role="status">No long queries{filter === "" ? "" : <> with “<Named kind="text" name={filter} />”</>}.</p>}
      <ul class="queries">
        {queries?.slice(0, mostShown).map((query) => <Query key={`${keyText(queryKey(query))} ${query.Id}`} query={query} reload={loaded.reload} />)}
      </ul>
      {queries && queries.length > mostShown && <p>And {queries.length - mostShown} more: filter by a part of them.</p>}
    </>
  );
}

// Omit the port of the client: it changes with each connection.
const clientOf = (query: LongQuery): string => query.Host.replace(/:\d+$/, "");

function Query({ query, reload }: { query: LongQuery; reload: () => void }): JSX.Element {
  const shown = useShown();
  const whyNot = useWhyNot();
  const name = keyText(queryKey(query));
  return (
    <li class="query" data-query={query.Id}>
      <div class="query-head">
        <dl class="short-facts">
          <div><dt>Instance</dt><dd><a href={shown.address(searchAddress(name))}><Named kind="instance" name={name} /></a></dd></div>
          <div><dt>Process</dt><dd>{query.Id}</dd></div>
          <div><dt>Started at</dt><dd>{query.StartedAt}</dd></div>
          <div><dt>Runs for</dt><dd>{durationText(query.Time)}</dd></div>
          <div><dt>Client</dt><dd><Named kind="user" name={query.User} />@<Named kind="host" name={clientOf(query)} /></dd></div>
          {query.Db !== "" && <div><dt>Database</dt><dd><Named kind="schema" name={query.Db} /></dd></div>}
          {query.State !== "" && <div><dt>State</dt><dd><Said text={query.State} /></dd></div>}
        </dl>
        {query.Actions.map((action) => (
          <button key={action.Operation} type="button" class="danger" disabled={whyNot !== ""} title={whyNot || action.Explanation}
            aria-label={`${action.Label} ${query.Id} on ${shown.name("instance", name)}`}
            onClick={() => confirmAction(action, queryKey(query), reload, query.Info)}>
            {action.Label}
          </button>
        ))}
      </div>
      <QuotedText text={query.Info} label={`Text of query ${query.Id}`} />
    </li>
  );
}
