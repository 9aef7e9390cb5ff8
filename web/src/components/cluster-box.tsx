// A cluster on the dashboard.

import type { JSX } from "preact";
import { type Analysis, type ClusterInfo, keyText } from "../requests";
import { isolated } from "../bidi";
import { countText, durationText } from "../display";
import type { Naming } from "../names";
import { aliasAddress, clusterAddress } from "../navigation";
import { useShown } from "../shown";
import { AnalysisBadge } from "./analyses";
import { ProblemBadge } from "./badges";

interface Properties {
  cluster: ClusterInfo;
  naming: Naming;
  failed: Analysis[];
}

// The number of characters that fit into a box.
const mostOfName = 36;

export function ClusterBox({ cluster, naming, failed }: Properties): JSX.Element {
  const { ClusterName: name, ClusterAlias: alias, CountInstances: count, ProblemCounts: problems, MaxLagSeconds: lag } = cluster;
  const shown = useShown();
  const hasAlias = !shown.isAnonymous && alias !== "" && alias !== name;
  const shownName = shown.name("cluster", name);
  const label = isolated(hasAlias ? alias : shownName);
  return (
    <article class="cluster-box" data-cluster={shownName} aria-label={label}>
      {hasAlias && (
        <p class="cluster-alias">
          <a href={aliasAddress(alias)}><b><bdi>{alias}</bdi></b></a>
        </p>
      )}
      <p class="cluster-name">
        <a href={shown.address(clusterAddress(name))} title={isolated(shownName)}>
          <bdi>{shown.isAnonymous ? shownName : naming(name, mostOfName)}</bdi>
        </a>
      </p>
      <p class="cluster-counts">
        <span class="badge problem-count" data-count={count}>{countText(count, "instance")}</span>
        {problems.map(({ Problem, Count }) => <ProblemBadge key={Problem} problem={Problem} count={Count} />)}
        {failed.map((one) => <AnalysisBadge key={keyText(one.AnalyzedInstanceKey)} analysis={one} />)}
        {problems.length === 0 && failed.length === 0 && <span class="badge problem-none">no problems</span>}
      </p>
      <p class="cluster-links">
        {lag.Valid && lag.Int64 > 0 && <span>lag up to {durationText(lag.Int64)}</span>}
        <a href={shown.address(clusterAddress(name, { compact: true }))} aria-label={`Compact display of ${label}`}>compact</a>
        <a href={shown.address(clusterAddress(name, { view: "list" }))} aria-label={`List of ${label}`}>list</a>
      </p>
    </article>
  );
}
