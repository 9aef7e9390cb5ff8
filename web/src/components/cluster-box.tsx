// A cluster on the dashboard.

import type { JSX } from "preact";
import { type Analysis, type ClusterInfo, type Instance, keyText } from "../requests";
import { isolated } from "../bidi";
import { countMarks, countText, durationText } from "../display";
import type { Naming } from "../names";
import { aliasAddress, clusterAddress } from "../navigation";
import { useShown } from "../shown";
import { AnalysisBadge } from "./analyses";
import { ProblemBadge } from "./badges";

interface Properties {
  cluster: ClusterInfo;
  naming: Naming;
  // Those that have a problem.
  instances: Instance[];
  failed: Analysis[];
}

// The number of characters that fit into a box.
const mostOfName = 36;

export function ClusterBox({ cluster, naming, instances, failed }: Properties): JSX.Element {
  const { ClusterName: name, ClusterAlias: alias, CountInstances: count } = cluster;
  const shown = useShown();
  const hasAlias = !shown.isAnonymous && alias !== "" && alias !== name;
  const shownName = shown.name("cluster", name);
  const label = isolated(hasAlias ? alias : shownName);
  const counts = countMarks(instances, () => false);
  const worst = Math.max(0, ...instances.map((one) => one.SlaveLagSeconds.Int64));
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
        {counts.map(([problem, many]) => <ProblemBadge key={problem} problem={problem} count={many} />)}
        {failed.map((one) => <AnalysisBadge key={keyText(one.AnalyzedInstanceKey)} analysis={one} />)}
        {counts.length === 0 && failed.length === 0 && <span class="badge problem-none">no problems</span>}
      </p>
      <p class="cluster-links">
        {worst > 0 && <span>lag up to {durationText(worst)}</span>}
        <a href={shown.address(clusterAddress(name, { compact: true }))} aria-label={`Compact display of ${label}`}>compact</a>
        <a href={shown.address(clusterAddress(name, { view: "list" }))} aria-label={`List of ${label}`}>list</a>
      </p>
    </article>
  );
}
