// The dashboard: all clusters with their problems.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { type Analysis, type ClusterInfo, type Instance, keyText } from "../api";
import { AnalysisBadge } from "../components/analyses";
import { ProblemBadge } from "../components/badges";
import { Waiting } from "../components/failure";
import { Heading } from "../components/layout";
import { countText } from "../display";
import { compareNames, countProblems, lags } from "../model";
import { aliasAddress, clusterAddress } from "../navigation";
import { useValue } from "../observable";
import { anonymized } from "../preferences";
import { analyses, clusters, problemInstances, settings } from "../shared";

// Above this number of clusters, not all fit on the screen, and a filter is shown.
const manyClusters = 12;
// More boxes make the page slow.
const mostShown = 300;

export function ClustersPage(): JSX.Element {
  const known = useValue(clusters);
  const instances = useValue(problemInstances);
  const { RemoveTextFromHostnameDisplay: removed, ReasonableReplicationLagSeconds: lagLimit } = useValue(settings);
  const isAnonymous = useValue(anonymized);
  const [filter, setFilter] = useState("");

  const failed = useValue(analyses);
  const byCluster = useMemo(() => grouped(instances), [instances]);
  const failedByCluster = useMemo(() => grouped(failed), [failed]);
  const sorted = useMemo(
    () =>
      [...(known ?? [])].sort(
        (a, b) => b.CountInstances - a.CountInstances || compareNames(a.ClusterName, b.ClusterName),
      ),
    [known],
  );
  const fitting = sorted.filter(({ ClusterName, ClusterAlias }) =>
    `${ClusterAlias} ${ClusterName}`.toLowerCase().includes(filter.toLowerCase()),
  );
  const shown = fitting.filter(({ ClusterName }, at) => at < mostShown || failedByCluster.has(ClusterName));

  return (
    <>
      <Heading text="Clusters" />
      {sorted.length > manyClusters && (
        <label class="filter">Filter{" "}
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      )}
      {!known && <Waiting what="Reading the clusters…" />}
      {known?.length === 0 && (
        <div class="alert alert-info" role="status">
          <span class="alert-text">No clusters found. <a href="web/discover">Discover one of their servers</a>.</span>
        </div>
      )}
      {known && known.length > 0 && fitting.length === 0 && <p>No cluster fits.</p>}
      <ul class="cluster-boxes">
        {shown.map((cluster, index) => (
          <li key={cluster.ClusterName}>
            <ClusterBox cluster={cluster} troubled={byCluster.get(cluster.ClusterName) ?? []}
              failed={failedByCluster.get(cluster.ClusterName) ?? []} lagLimit={lagLimit} removed={removed} anonymousName={isAnonymous ? `cluster-${index + 1}` : ""} />
          </li>
        ))}
      </ul>
      {fitting.length > shown.length && (
        <p>And {fitting.length - shown.length} smaller ones without a failed master: filter by a part of a name.</p>
      )}
    </>
  );
}

function grouped<One extends { ClusterName: string }>(all: One[]): Map<string, One[]> {
  const found = new Map<string, One[]>();
  for (const one of all) {
    const others = found.get(one.ClusterName);
    if (others) others.push(one);
    else found.set(one.ClusterName, [one]);
  }
  return found;
}

interface BoxProperties {
  cluster: ClusterInfo;
  troubled: Instance[];
  failed: Analysis[];
  lagLimit: number;
  removed: string;
  anonymousName: string;
}

function ClusterBox({ cluster, troubled, failed, lagLimit, removed, anonymousName }: BoxProperties): JSX.Element {
  const { ClusterName: name, ClusterAlias: alias, CountInstances: count } = cluster;
  const hasAlias = alias !== "" && alias !== name;
  const shortName = anonymousName || name.replace(removed, () => "") || name;
  const counts = countProblems(troubled, lagLimit);
  const lagging = troubled.filter((one) => lags(one, lagLimit));
  const worst = Math.max(0, ...lagging.map((one) => one.SlaveLagSeconds.Int64));
  return (
    <article class="cluster-box" data-cluster={name} aria-label={anonymousName || (hasAlias ? alias : name)}>
      {hasAlias && anonymousName === "" && (
        <p class="cluster-alias">
          <a href={aliasAddress(alias)}><b>{alias}</b></a>
        </p>
      )}
      <p class="cluster-name"><a href={clusterAddress(name)} title={anonymousName === "" ? name : undefined}>{shortName}</a></p>
      <p class="cluster-counts">
        <span class="badge problem-count" data-count={count}>{countText(count, "instance")}</span>
        {counts.map(([problem, many]) => <ProblemBadge key={problem} problem={problem} count={many} />)}
        {failed.map((one) => <AnalysisBadge key={keyText(one.AnalyzedInstanceKey)} analysis={one} />)}
        {counts.length === 0 && failed.length === 0 && <span class="badge problem-none">no problems</span>}
      </p>
      <p class="cluster-links">
        {worst > 0 && <span>lag up to {worst} s</span>}
        <a href={clusterAddress(name, { compact: true })} aria-label={`Compact display of ${anonymousName || name}`}>compact</a>
        <a href={clusterAddress(name, { view: "list" })} aria-label={`List of ${anonymousName || name}`}>list</a>
      </p>
    </article>
  );
}
