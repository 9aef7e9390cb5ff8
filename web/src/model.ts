// Order, badges and groups of instances.

import { type ClusterInfo, type Instance, keyText, type Maintenance } from "./requests";
import { countText } from "./display";

// "db2" before "db10".
const collator = new Intl.Collator("en", { numeric: true });
export const compareNames = (a: string, b: string): number => collator.compare(a, b);

export function maintenanceByKey(list: Maintenance[]): Map<string, Maintenance> {
  return new Map(list.filter((one) => one.IsActive).map((one) => [keyText(one.Key), one]));
}

export function byCluster<One extends { ClusterName: string }>(all: readonly One[]): Map<string, One[]> {
  const found = new Map<string, One[]>();
  for (const one of all) {
    const others = found.get(one.ClusterName);
    if (others) others.push(one);
    else found.set(one.ClusterName, [one]);
  }
  return found;
}

export interface ServerBadge {
  name: "maintenance" | "logs-updates" | "filters" | "snapshots" | "star" | "writeable" | "pseudo-gtid" | "gtid"
    | "errant" | "unfinished" | "warnings" | "multi-source";
  text: string;
  count?: number;
}

// The icons of an instance, from left to right.
export function badgesOf(instance: Instance, held: Maintenance | undefined, isStar: boolean): ServerBadge[] {
  const badges: ServerBadge[] = [];
  const add = (name: ServerBadge["name"], isShown: boolean | undefined, text: string, count?: number): void => {
    if (isShown) badges.push({ name, text, ...(count !== undefined && { count }) });
  };
  const snapshots = instance.CountMySQLSnapshots;
  const channels = instance.ReplicationChannels?.length ?? 0;
  const plainMaster = instance.IsClusterMaster && !instance.IsCoMaster;
  add("maintenance", held !== undefined, `In maintenance: ${held?.Owner}, ${held?.Reason}`);
  add("unfinished", Boolean(instance.UnfinishedOperation), `Unfinished: ${instance.UnfinishedOperation}`);
  add("errant", instance.GtidErrant !== "", "Has errant transactions");
  add("warnings", (instance.Warnings ?? []).length > 0, (instance.Warnings ?? []).join("; "));
  add("logs-updates", instance.LogBinEnabled && instance.LogSlaveUpdatesEnabled && !plainMaster, "Logs replica updates");
  add("filters", instance.HasReplicationFilters, "Has replication filters");
  add("snapshots", snapshots > 0, countText(snapshots, "snapshot"), snapshots);
  add("star", isStar, "The best candidate among the replicas of the failed master");
  add("multi-source", instance.IsMultiSource, `Replicates on ${channels} channels`, channels);
  add("writeable", !instance.ReadOnly, "Writeable");
  add("pseudo-gtid", instance.UsingPseudoGTID, "Uses Pseudo-GTID");
  add("gtid", instance.UsingOracleGTID || instance.UsingMariaDBGTID, "Uses GTID");
  return badges;
}

// Of the clusters on show, those with the text in their alias or name, in upper or lower case.
export function clustersWith(text: string, all: readonly ClusterInfo[]): ClusterInfo[] {
  const wanted = text.trim().toLowerCase();
  return wanted === "" ? [] : all.filter(({ ClusterAlias, ClusterName }) => `${ClusterAlias}\n${ClusterName}`.toLowerCase().includes(wanted));
}
