// Derived facts about instances: their problems, their order and their relations.

import { type Coordinates, type Instance, type InstanceKey, keyText, type Maintenance } from "./api";

export type Problem =
  | "in_maintenance"
  | "last_check_invalid"
  | "not_recently_checked"
  | "never_connected"
  | "not_replicating"
  | "replication_lag";

// In the order in which they are checked and listed.
export const problems: readonly Problem[] = [
  "in_maintenance",
  "last_check_invalid",
  "not_recently_checked",
  "never_connected",
  "not_replicating",
  "replication_lag",
];

export const problemText: Record<Problem, string> = {
  in_maintenance: "in maintenance",
  last_check_invalid: "last check invalid",
  not_recently_checked: "not recently checked",
  never_connected: "never connected",
  not_replicating: "not replicating",
  replication_lag: "replication lag",
};

export const isReplica = (instance: Instance): boolean => instance.MasterKey.Hostname !== "";

export const replicates = (instance: Instance): boolean => instance.Slave_SQL_Running && instance.Slave_IO_Running;

export const triesToReplicate = (instance: Instance): boolean => instance.Slave_SQL_Running || instance.Slave_IO_Running;

// A cluster is named after its master.
export const isMaster = (instance: Instance): boolean => keyText(instance.Key) === instance.ClusterName;

export const lags = (instance: Instance, limit: number): boolean =>
  instance.SlaveLagSeconds.Valid && instance.SlaveLagSeconds.Int64 > limit;

export const hasConnectivityProblem = (instance: Instance): boolean =>
  !instance.IsLastCheckValid || !instance.IsRecentlyChecked;

const shouldReplicate = (instance: Instance): boolean => !isMaster(instance) || instance.IsCoMaster;

// The problem that determines the colour of an instance. Maintenance alone is no trouble.
export function troubleOf(instance: Instance, lagLimit: number): Problem | undefined {
  if (!instance.IsLastCheckValid) return "last_check_invalid";
  if (!instance.IsRecentlyChecked) return "not_recently_checked";
  if (instance.HasNeverConnected) return "never_connected";
  if (!replicates(instance) && shouldReplicate(instance)) return "not_replicating";
  if (lags(instance, lagLimit)) return "replication_lag";
  return undefined;
}

export function problemOf(instance: Instance, lagLimit: number, inMaintenance: boolean): Problem | undefined {
  return inMaintenance ? "in_maintenance" : troubleOf(instance, lagLimit);
}

export function maintenanceByKey(list: Maintenance[]): Map<string, Maintenance> {
  return new Map(list.filter((one) => one.IsActive).map((one) => [keyText(one.Key), one]));
}

export interface Troubled {
  instance: Instance;
  problem: Problem;
}

// Sorted by problem (worst first), then by lag (largest first), then by name.
export function troubled(instances: Instance[], lagLimit: number, held: ReadonlyMap<string, Maintenance>): Troubled[] {
  const found: Troubled[] = [];
  for (const instance of instances) {
    const problem = problemOf(instance, lagLimit, held.has(keyText(instance.Key)));
    if (problem) found.push({ instance, problem });
  }
  return found.sort(
    (a, b) =>
      problems.indexOf(a.problem) - problems.indexOf(b.problem) ||
      b.instance.SlaveLagSeconds.Int64 - a.instance.SlaveLagSeconds.Int64 ||
      compareNames(keyText(a.instance.Key), keyText(b.instance.Key)),
  );
}

// The number of instances with each problem, in the order of the problems.
export function countProblems(
  instances: Instance[],
  lagLimit: number,
  held: ReadonlyMap<string, Maintenance> = new Map(),
): [Problem, number][] {
  const counts = new Map<Problem, number>();
  for (const { problem } of troubled(instances, lagLimit, held)) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  return [...counts];
}

// "db2" before "db10".
const collator = new Intl.Collator("en", { numeric: true });
export const compareNames = (a: string, b: string): number => collator.compare(a, b);

const logNumber = (name: string): number => Number(/(\d+)$/.exec(name)?.[1] ?? 0);

// Negative if `a` is earlier than `b`. Both must be of the logs of one server.
export function compareCoordinates(a: Coordinates, b: Coordinates): number {
  return logNumber(a.LogFile) - logNumber(b.LogFile) || a.LogPos - b.LogPos;
}

const sameKey = (a: InstanceKey, b: InstanceKey): boolean => a.Hostname === b.Hostname && a.Port === b.Port;

export const replicasOf = (instances: Instance[], key: InstanceKey): Instance[] =>
  instances.filter((one) => sameKey(one.MasterKey, key) && !sameKey(one.Key, key));

// For every unreachable instance, the replicas of it that have executed most.
export function mostAdvanced(instances: Instance[]): Set<string> {
  const stars = new Set<string>();
  for (const master of instances) {
    if (!hasConnectivityProblem(master)) continue;
    let best: Instance[] = [];
    for (const replica of replicasOf(instances, master.Key)) {
      if (hasConnectivityProblem(replica)) continue;
      const order = best[0] ? compareCoordinates(replica.ExecBinlogCoordinates, best[0].ExecBinlogCoordinates) : 1;
      if (order > 0) best = [replica];
      else if (order === 0) best.push(replica);
    }
    for (const one of best) stars.add(keyText(one.Key));
  }
  return stars;
}

export interface RecoverChoice {
  label: string;
  operation: "match-up-slaves" | "regroup-slaves" | "multi-match-slaves";
  below?: InstanceKey;
}

// The ways to recover the replicas of an unreachable instance; empty for reachable instances.
export function recoverChoices(instance: Instance, instances: Instance[]): RecoverChoice[] {
  const hasReplicas = instance.SlaveHosts.length > 0 || replicasOf(instances, instance.Key).length > 0;
  if (instance.IsLastCheckValid || !hasReplicas) return [];
  const choices: RecoverChoice[] = [];
  if (isReplica(instance)) {
    choices.push({ label: `Match up slaves to ${keyText(instance.MasterKey)}`, operation: "match-up-slaves" });
  }
  choices.push({ label: "Regroup replicas (below the most advanced one)", operation: "regroup-slaves" });
  for (const sibling of instances) {
    const serves = sibling.LogBinEnabled && sibling.LogSlaveUpdatesEnabled && !hasConnectivityProblem(sibling);
    const isSibling = isReplica(instance) && sameKey(sibling.MasterKey, instance.MasterKey);
    if (!serves || !isSibling || sameKey(sibling.Key, instance.Key)) continue;
    choices.push({
      label: `Match all slaves below ${keyText(sibling.Key)}`,
      operation: "multi-match-slaves",
      below: sibling.Key,
    });
  }
  return choices;
}

export interface ServerBadge {
  name: "maintenance" | "logs-slave-updates" | "filters" | "snapshots" | "star" | "writeable" | "pseudo-gtid" | "gtid"
    | "unfinished" | "warnings" | "multi-source";
  text: string;
  count?: number;
}

// The icons of an instance, from left to right.
export function badgesOf(instance: Instance, held: Maintenance | undefined, isStar: boolean): ServerBadge[] {
  const badges: ServerBadge[] = [];
  const plainMaster = isMaster(instance) && !instance.IsCoMaster;
  if (held) badges.push({ name: "maintenance", text: `In maintenance: ${held.Owner}, ${held.Reason}` });
  if (instance.UnfinishedOperation) badges.push({ name: "unfinished", text: `Unfinished: ${instance.UnfinishedOperation}` });
  if (instance.Warnings && instance.Warnings.length > 0) {
    badges.push({ name: "warnings", text: instance.Warnings.join("; ") });
  }
  if (instance.LogBinEnabled && instance.LogSlaveUpdatesEnabled && !plainMaster) {
    badges.push({ name: "logs-slave-updates", text: "Logs slave updates" });
  }
  if (instance.HasReplicationFilters) badges.push({ name: "filters", text: "Has replication filters" });
  if (instance.CountMySQLSnapshots > 0) {
    const count = instance.CountMySQLSnapshots;
    badges.push({ name: "snapshots", text: `${count} snapshot${count === 1 ? "" : "s"}`, count });
  }
  if (isStar) badges.push({ name: "star", text: "Most advanced replica" });
  if (instance.IsMultiSource) {
    const count = instance.ReplicationChannels?.length ?? 0;
    badges.push({ name: "multi-source", text: `Replicates on ${count} channels`, count });
  }
  if (!instance.ReadOnly) badges.push({ name: "writeable", text: "Writeable" });
  if (instance.UsingPseudoGTID) badges.push({ name: "pseudo-gtid", text: "Uses Pseudo-GTID" });
  if (instance.UsingOracleGTID || instance.UsingMariaDBGTID) badges.push({ name: "gtid", text: "Uses GTID" });
  return badges;
}
