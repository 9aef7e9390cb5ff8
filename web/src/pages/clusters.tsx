// The dashboard: all clusters with their problems.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { ClusterBox } from "../components/cluster-box";
import { Heading } from "../components/layout";
import { Waiting } from "../components/loading-state";
import { byCluster, clustersWith, compareNames } from "../model";
import { useValue } from "../observable";
import { analyses, clusters } from "../shared";
import { useNaming } from "../shown";

// Above this number of clusters, not all fit on the screen, and a filter is shown.
const manyClusters = 12;
// More boxes make the page slow.
const mostShown = 300;

export function ClustersPage(): JSX.Element {
  const known = useValue(clusters);
  const [filter, setFilter] = useState("");

  const failed = useValue(analyses);
  const failedByCluster = useMemo(() => byCluster(failed), [failed]);
  const sorted = useMemo(
    () =>
      [...(known ?? [])].sort(
        (a, b) => b.CountInstances - a.CountInstances || compareNames(a.ClusterName, b.ClusterName),
      ),
    [known],
  );
  const fitting = filter.trim() === "" ? sorted : clustersWith(filter, sorted);
  const shown = fitting.filter(({ ClusterName }, at) => at < mostShown || failedByCluster.has(ClusterName));
  const naming = useNaming(sorted.map(({ ClusterName }) => ClusterName));

  return (
    <>
      <Heading title="Clusters" />
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
        {shown.map((cluster) => (
          <li key={cluster.ClusterName}>
            <ClusterBox cluster={cluster} naming={naming} failed={failedByCluster.get(cluster.ClusterName) ?? []} />
          </li>
        ))}
      </ul>
      {fitting.length > shown.length && (
        <p>And {fitting.length - shown.length} smaller ones without a failed master: filter by a part of a name.</p>
      )}
    </>
  );
}
