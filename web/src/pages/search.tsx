// Instances and clusters with a text in their names.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { apiPath, type ClusterInfo, type Instance, keyText, withQuery } from "../requests";
import { InstanceCard } from "../components/instance-card";
import { Heading } from "../components/layout";
import { LoadingState } from "../components/loading-state";
import { ClusterLabel, Named } from "../components/said";
import { countText, markOf } from "../display";
import { type Concerns, useLoaded } from "../loading";
import { go } from "../location";
import { compareNames } from "../model";
import { clusterAddress, searchAddress } from "../navigation";
import { useValue } from "../observable";
import { maintenance } from "../shared";
import { useNaming, useShown } from "../shown";

const mostShown = 300;
const concerns: Concerns = (news) => news.kind === "everything" || news.kind === "instances";
const ofClusters: Concerns = (news) => news.kind === "everything" || news.kind === "clusters";

export function SearchPage({ text }: { text: string }): JSX.Element {
  const path = text === "" ? undefined : withQuery(apiPath("search"), { s: text });
  const loaded = useLoaded(path, concerns);
  const found = loaded.value;
  const loadedClusters = useLoaded(text === "" ? undefined : withQuery(apiPath("clusters-info"), { s: text }), ofClusters);
  const named = loadedClusters.value ?? [];
  const shownText = useShown().name("text", text);
  return (
    <>
      <Heading title={text === "" ? "Search" : `Search: ${shownText}`}>Search</Heading>
      <SearchForm text={text} />
      {path !== undefined && <LoadingState of={loaded} what="The result" />}
      {path !== undefined && <LoadingState of={loadedClusters} what="The list of clusters" />}
      {found && loadedClusters.value && (
        <p role="status" data-found={found.length} data-found-clusters={named.length}>
          {found.length === 0 && named.length === 0
            ? <>No instance has “<bdi>{shownText}</bdi>” in its name, cluster or version, and no cluster has it in its alias.</>
            : `${countText(named.length, "cluster")}, ${countText(found.length, "instance")}`}
        </p>
      )}
      {found && named.length > 0 && <FoundClusters found={named} />}
      {found && <FoundInstances found={found} />}
    </>
  );
}

function SearchForm({ text }: { text: string }): JSX.Element {
  const shown = useShown();
  return (
    <form class="inline" onSubmit={(event) => {
      event.preventDefault();
      const given = new FormData(event.currentTarget).get("text");
      if (typeof given === "string" && given.trim() !== "") go(searchAddress(given.trim()));
    }}>
      <label>Part of a name, cluster, alias or version{" "}
        <input key={`${text}${String(shown.isAnonymous)}`} type="search" name="text" dir="auto" required
          {...(shown.isAnonymous ? { placeholder: shown.name("text", text), defaultValue: "" } : { defaultValue: text })} />
      </label>
      <button type="submit" class="primary">Search</button>
    </form>
  );
}

function FoundClusters({ found }: { found: ClusterInfo[] }): JSX.Element {
  const shown = useShown();
  return (
    <ul class="found-clusters" aria-label="Clusters">
      {found.slice(0, mostShown).map(({ ClusterName, ClusterAlias, CountInstances }) => (
        <li key={ClusterName}>
          <a href={shown.address(clusterAddress(ClusterName))}><ClusterLabel name={ClusterName} alias={ClusterAlias} /></a>{" "}
          {countText(CountInstances, "instance")}
        </li>
      ))}
    </ul>
  );
}

function FoundInstances({ found }: { found: Instance[] }): JSX.Element {
  const shown = useShown();
  const held = useValue(maintenance);
  const sorted = useMemo(() => [...found].sort((a, b) => compareNames(keyText(a.Key), keyText(b.Key))), [found]);
  const naming = useNaming(sorted.map((one) => keyText(one.Key)));
  return (
    <>
      <ul class="card-list" aria-label="Instances">
        {sorted.slice(0, mostShown).map((instance) => {
          const name = keyText(instance.Key);
          return (
            <li key={name}>
              <InstanceCard instance={instance} naming={naming} held={held.get(name)}
                problem={markOf(instance, held.has(name))}>
                <a class="card-cluster" href={shown.address(clusterAddress(instance.ClusterName))}><Named kind="cluster" name={instance.ClusterName} /></a>
              </InstanceCard>
            </li>
          );
        })}
      </ul>
      {sorted.length > mostShown && <p>And {sorted.length - mostShown} more: search for more of a name.</p>}
    </>
  );
}
