// A cluster: its topology as a tree or a list, and the display options.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { apiPath, type Instance, keyText } from "../api";
import { ClusterAnalyses } from "../components/analyses";
import { moveByKeyboard, TopologyTree } from "../components/topology-tree";
import { Failure, Waiting } from "../components/failure";
import { Heading } from "../components/layout";
import { Menu } from "../components/menu";
import { TopologyList } from "../components/topology-list";
import type { TreeFacts } from "../components/tree-card";
import { anonymousNaming, countText, dataCenterNumbers, namingOf } from "../display";
import { type MoveMode, openDialog } from "../dialogs";
import { followCluster, type News } from "../events";
import { useLoaded } from "../loading";
import { go } from "../location";
import { mostAdvanced } from "../model";
import { aliasAddress, clusterAddress, type ClusterChoice, type ClusterView } from "../navigation";
import { useValue } from "../observable";
import { anonymized, colouredDataCenters } from "../preferences";
import { areSettingsKnown, clusterInView, clusters, maintenance, settings, whyNotAllowed } from "../shared";
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
export const clusterPath = (name: string | undefined, alias: string | undefined): string =>
  alias !== undefined ? apiPath("cluster", "alias", alias) : apiPath("cluster", name ?? "");

export function ClusterPage({ name: given, alias: givenAlias, compact: wanted, view: wantedView }: Properties): JSX.Element {
  const path = clusterPath(given, givenAlias);
  const loaded = useLoaded<Instance[]>(path, concernsCluster);
  const instances = loaded.value ?? nothing;
  const name = given ?? instances[0]?.ClusterName ?? "";
  const alias = (useValue(clusters) ?? []).find((one) => one.ClusterName === name)?.ClusterAlias ?? givenAlias ?? "";
  const isAnonymous = useValue(anonymized);
  const [mode, setMode] = useState<MoveMode>("classic");
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());

  useEffect(() => followCluster(name), [name]);
  useEffect(() => () => {
    followCluster("");
    clusterInView.set(undefined);
  }, []);
  useEffect(() => {
    if (loaded.value) clusterInView.set({ name, alias, instances: loaded.value });
  }, [loaded.value, name, alias]);

  const compact = wanted ?? instances.length > compactAbove;
  const view = wantedView ?? (innerWidth < narrow ? "list" : "tree");
  const facts = useTreeFacts(instances);
  const root = useMemo(() => treeOf(instances, compact, opened), [instances, compact, opened]);
  const choose = (choice: ClusterChoice): void => {
    const all = { compact: wanted, view: wantedView, ...choice };
    go(givenAlias !== undefined ? aliasAddress(givenAlias, all) : clusterAddress(given ?? "", all), "replace");
  };

  const label = isAnonymous ? "Cluster" : alias !== "" ? alias : name;
  const openAggregation = (id: string): void => setOpened(new Set([...opened, id]));
  return (
    <div class={view === "tree" ? "cluster-page with-tree" : "cluster-page"}>
      <div class="cluster-head">
        <Heading text={label} title={label}>
          {!isAnonymous && alias !== "" && alias !== name && <small> {name}</small>}
        </Heading>
        <span class="cluster-count">{loaded.value && countText(instances.length, "instance")}</span>
        <ModeButton mode={mode} setMode={setMode} />
        <button type="button" data-view={view} onClick={() => choose({ view: view === "list" ? "tree" : "list" })}>
          {view === "list" ? "Show as tree" : "Show as list"}
        </button>
        <ClusterMenu name={name} alias={alias} compact={compact} setCompact={(on) => {
          setOpened(new Set());
          choose({ compact: on });
        }} />
      </div>
      {loaded.error !== "" && <Failure what="The cluster cannot be read." error={loaded.error} retry={loaded.reload} />}
      {!loaded.value && loaded.error === "" && <Waiting what="Reading the cluster…" />}
      <ClusterAnalyses cluster={name} nameOf={facts.naming} />
      {loaded.value && instances.length === 0 && (
        <p>There is no cluster with this name. <a href="web/clusters">All clusters</a></p>
      )}
      {instances.length > 0 && view === "tree" && (
        <TopologyTree
          // Another cluster, or another display, starts with its own view.
          key={`${name} ${String(compact)}`}
          root={root}
          label={`Replication topology of ${label}`}
          backdrop={isAnonymous ? "" : label}
          facts={facts}
          mode={mode}
          mayChange={facts.mayChange}
          onOpenAggregation={openAggregation}
          moveInstance={(instance) => {
            if (facts.mayChange) moveByKeyboard(instance, mode);
          }}
        />
      )}
      {instances.length > 0 && view === "list" && (
        <TopologyList root={root} facts={facts} mode={mode} onOpenAggregation={openAggregation} />
      )}
      <DataCenterLegend facts={facts} />
    </div>
  );
}

// The connection reports the instances of this cluster only.
const concernsCluster = (news: News): boolean =>
  news.kind === "everything" || news.kind === "instances" || news.kind === "clusters";

function useTreeFacts(instances: Instance[]): TreeFacts {
  const known = useValue(settings);
  const areKnown = useValue(areSettingsKnown);
  const held = useValue(maintenance);
  const isAnonymous = useValue(anonymized);
  const areColoured = useValue(colouredDataCenters);
  const { RemoveTextFromHostnameDisplay: removed, ReasonableReplicationLagSeconds: lagLimit } = known;
  const mayChange = whyNotAllowed(known, areKnown) === "";
  return useMemo(() => {
    const names = instances.map((one) => keyText(one.Key));
    return {
      instances,
      naming: isAnonymous ? anonymousNaming(names) : namingOf(names, removed),
      lagLimit,
      held,
      stars: mostAdvanced(instances),
      dataCenters: dataCenterNumbers(instances),
      areColoured,
      isAnonymous,
      mayChange,
    };
  }, [instances, held, isAnonymous, areColoured, removed, lagLimit, mayChange]);
}

function ModeButton({ mode, setMode }: { mode: MoveMode; setMode: (mode: MoveMode) => void }): JSX.Element | null {
  const { PseudoGTIDModeEnabled } = useValue(settings);
  if (!PseudoGTIDModeEnabled) return null;
  return (
    <button type="button" class={`mode-${mode}`} data-mode={mode} title="How instances are moved when they are dragged"
      onClick={() => setMode(mode === "classic" ? "pseudo-gtid" : "classic")}>
      {mode === "classic" ? "Classic mode" : "Pseudo-GTID mode"}
    </button>
  );
}

interface MenuProperties {
  name: string;
  alias: string;
  compact: boolean;
  setCompact: (on: boolean) => void;
}

function ClusterMenu({ name, alias, compact, setCompact }: MenuProperties): JSX.Element {
  const areColoured = useValue(colouredDataCenters);
  const isAnonymous = useValue(anonymized);
  const whyNot = whyNotAllowed(useValue(settings), useValue(areSettingsKnown));
  return (
    <Menu label="Options" name="Options of the cluster" hook="cluster" opensToLeft>
      <button type="button" onClick={() => setCompact(!compact)}>{compact ? "Expand display" : "Compact display"}</button>
      <button type="button" onClick={() => colouredDataCenters.set(!areColoured)}>
        {areColoured ? "Do not colorize DC" : "Colorize DC"}
      </button>
      <button type="button" disabled={whyNot !== ""} title={whyNot} onClick={() => openDialog({ kind: "alias", cluster: name, alias })}>
        {alias === "" ? "Alias…" : <>Alias: {isAnonymous ? "…" : alias}</>}
      </button>
      <button type="button" onClick={() => anonymized.set(!isAnonymous)}>
        {isAnonymous ? "Show names" : "Anonymize"}
      </button>
    </Menu>
  );
}

function DataCenterLegend({ facts }: { facts: TreeFacts }): JSX.Element | null {
  if (!facts.areColoured || facts.dataCenters.size === 0) return null;
  return (
    <ul class="legend" aria-label="Data centres">
      {[...facts.dataCenters].map(([name, number]) => (
        <li key={name} class={`dc dc-${number}`}>{name}</li>
      ))}
    </ul>
  );
}
