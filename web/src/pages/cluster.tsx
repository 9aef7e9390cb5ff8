// A cluster: its topology as a tree or a list.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { apiPath, type Instance, type Path } from "../requests";
import { ClusterAnalyses } from "../components/analyses";
import { ClusterMenu, DataCenterLegend, ModeButton } from "../components/cluster-options";
import { Heading } from "../components/layout";
import { LoadingState } from "../components/loading-state";
import { ClusterLabel, Named } from "../components/said";
import { TopologyList } from "../components/topology-list";
import { TopologyTree } from "../components/topology-tree";
import type { TreeFacts } from "../components/tree-card";
import { useTreeFacts } from "../components/use-tree-facts";
import { countText } from "../display";
import { type MoveMode, openDialog } from "../dialogs";
import { followCluster, type News } from "../events";
import { type Loaded, useLoaded } from "../loading";
import { go } from "../location";
import { aliasAddress, clusterAddress, type ClusterChoice, type ClusterView } from "../navigation";
import { useValue } from "../observable";
import { clusterInView, clusters } from "../shared";
import { useShown } from "../shown";
import { treeOf } from "../tree";

interface Properties {
  name?: string;
  alias?: string;
  compact: boolean | undefined;
  view: ClusterView | undefined;
}

// Above this number of instances, the display is compact by default.
const compactAbove = 200;
// Below this width in pixels, the default is the list: too little of a tree would be visible.
const narrow = 600;

const nothing: Instance[] = [];

// The API path of the instances of a cluster.
export const clusterPath = (name: string | undefined, alias: string | undefined): Path<"cluster"> =>
  alias !== undefined ? apiPath("cluster", "alias", alias) : apiPath("cluster", name ?? "");

// The connection reports the instances of this cluster only.
const concernsCluster = (news: News): boolean =>
  news.kind === "everything" || news.kind === "instances" || news.kind === "clusters";

interface Cluster {
  loaded: Loaded<Instance[]>;
  instances: Instance[];
  name: string;
  alias: string;
}

// Reads the cluster, and tells the rest of the page that it is in view.
function useCluster({ name: given, alias: givenAlias }: Properties): Cluster {
  const loaded = useLoaded(clusterPath(given, givenAlias), concernsCluster);
  const instances = loaded.value ?? nothing;
  const name = given ?? instances[0]?.ClusterName ?? "";
  const known = (useValue(clusters) ?? []).find((one) => one.ClusterName === name)?.ClusterAlias ?? givenAlias ?? "";
  const alias = known === name ? "" : known;

  useEffect(() => followCluster(name), [name]);
  useEffect(() => () => {
    followCluster("");
    clusterInView.set(undefined);
  }, []);
  useEffect(() => {
    if (loaded.value) clusterInView.set({ name, alias, instances: loaded.value });
  }, [loaded.value, name, alias]);
  return { loaded, instances, name, alias };
}

export function ClusterPage(properties: Properties): JSX.Element {
  const { compact: wanted, view: wantedView } = properties;
  const { loaded, instances, name, alias } = useCluster(properties);
  const [mode, setMode] = useState<MoveMode>("classic");
  const compact = wanted ?? instances.length > compactAbove;
  const view = wantedView ?? (innerWidth < narrow ? "list" : "tree");
  const facts = useTreeFacts(name, instances);
  const choose = (choice: ClusterChoice): void => {
    const all = { compact: wanted, view: wantedView, ...choice };
    go(properties.alias !== undefined ? aliasAddress(properties.alias, all) : clusterAddress(properties.name ?? "", all), "replace");
  };
  return (
    <div class={view === "tree" ? "cluster-page with-tree" : "cluster-page"}>
      <div class="cluster-head">
        <ClusterHeading name={name} alias={alias} />
        <span class="cluster-count">{loaded.value && countText(instances.length, "instance")}</span>
        <ModeButton mode={mode} setMode={setMode} />
        <button type="button" data-view={view} onClick={() => choose({ view: view === "list" ? "tree" : "list" })}>
          {view === "list" ? "Show as tree" : "Show as list"}
        </button>
        <ClusterMenu name={name} alias={alias} compact={compact} setCompact={(on) => choose({ compact: on })} />
      </div>
      <LoadingState of={loaded} what="The cluster" />
      <ClusterAnalyses cluster={name} />
      {loaded.value && instances.length === 0 && (
        <p>There is no cluster with this name. <a href="web/clusters">All clusters</a></p>
      )}
      {instances.length > 0 && (
        // Another cluster, or another display, starts with its own view.
        <Topology key={`${name} ${String(compact)}`} name={name} alias={alias} view={view} compact={compact} facts={facts} mode={mode} />
      )}
      <DataCenterLegend facts={facts} />
    </div>
  );
}

function ClusterHeading({ name, alias }: { name: string; alias: string }): JSX.Element {
  const shown = useShown();
  const isAliasShown = !shown.isAnonymous && alias !== "";
  return (
    <Heading title={isAliasShown ? alias : shown.name("cluster", name)}>
      <ClusterLabel name={name} alias={alias} />
      {isAliasShown && <small> <Named kind="cluster" name={name} /></small>}
    </Heading>
  );
}

interface TopologyProperties {
  name: string;
  alias: string;
  view: ClusterView;
  compact: boolean;
  facts: TreeFacts;
  mode: MoveMode;
}

function Topology({ name, alias, view, compact, facts, mode }: TopologyProperties): JSX.Element {
  const shown = useShown();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const root = useMemo(() => treeOf(facts.instances, compact, opened), [facts.instances, compact, opened]);
  const openAggregation = (id: string): void => setOpened(new Set([...opened, id]));
  if (view === "list") return <TopologyList root={root} facts={facts} mode={mode} onOpenAggregation={openAggregation} />;
  const label = shown.isAnonymous || alias === "" ? shown.name("cluster", name) : alias;
  return (
    <TopologyTree
      root={root}
      label={`Replication topology of ${label}`}
      backdrop={shown.isAnonymous ? "" : label}
      facts={facts}
      mode={mode}
      onOpenAggregation={openAggregation}
      moveInstance={(instance) => {
        if (facts.mayChange) openDialog({ kind: "move", key: instance.Key, mode });
      }}
    />
  );
}
