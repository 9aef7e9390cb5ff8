// What the pages still decide themselves, because the API does not say it. Each of these needs a field of the API.

import { type Instance, type InstanceKey, keyText, type Maintenance, type ServerNode } from "./requests";
import { compareNames } from "./model";
import type { RingPlace } from "./tree";

export type Problem =
  | "in_maintenance"
  | "last_check_invalid"
  | "not_recently_checked"
  | "never_connected"
  | "not_replicating"
  | "replication_lag"
  | "other";

// In the order in which they are checked and listed.
export const problems: readonly Problem[] = [
  "in_maintenance",
  "last_check_invalid",
  "not_recently_checked",
  "never_connected",
  "not_replicating",
  "replication_lag",
  "other",
];

export const problemText: Record<Problem, string> = {
  in_maintenance: "in maintenance",
  last_check_invalid: "last check invalid",
  not_recently_checked: "not recently checked",
  never_connected: "never connected",
  not_replicating: "not replicating",
  replication_lag: "replication lag",
  other: "other problem",
};

export const isReplica = (instance: Instance): boolean => instance.MasterKey.Hostname !== "";

export const replicates = (instance: Instance): boolean => instance.Slave_SQL_Running && instance.Slave_IO_Running;

// A cluster is named after its master.
export const isMaster = (instance: Instance): boolean => keyText(instance.Key) === instance.ClusterName;

// The members of a ring of two are co-masters.
export function roleOf(instance: Instance, ring: RingPlace | undefined): string {
  if (ring && ring.size > 2) return `Ring ${ring.place}/${ring.size}`;
  return ring || instance.IsCoMaster ? "Co-master" : isMaster(instance) ? "Master" : "";
}

export const lags = (instance: Instance, limit: number): boolean =>
  instance.SlaveLagSeconds.Valid && instance.SlaveLagSeconds.Int64 > limit;

// What is known of the instance is not outdated.
export const isFresh = (instance: Instance): boolean => instance.IsLastCheckValid && instance.IsRecentlyChecked;

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

export interface Troubled {
  instance: Instance;
  problem: Problem;
}

// Sorted by problem (worst first), then by lag (largest first), then by name. `areListed`: the server has said that
// all of them have a problem.
export function troubled(
  instances: readonly Instance[], lagLimit: number, held: ReadonlyMap<string, Maintenance>, areListed = false,
): Troubled[] {
  const found: Troubled[] = [];
  for (const instance of instances) {
    const problem = problemOf(instance, lagLimit, held.has(keyText(instance.Key))) ?? (areListed ? "other" : undefined);
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
export function countProblems(found: readonly Troubled[]): [Problem, number][] {
  const counts = new Map<Problem, number>();
  for (const { problem } of found) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  return [...counts];
}

// The siblings of an instance below which its replicas may be matched.
export function servingSiblings(key: InstanceKey, instances: readonly Instance[]): Instance[] {
  const own = instances.find((one) => keyText(one.Key) === keyText(key));
  if (!own || !isReplica(own)) return [];
  return instances.filter((one) =>
    one !== own && keyText(one.MasterKey) === keyText(own.MasterKey) &&
    one.LogBinEnabled && one.LogSlaveUpdatesEnabled && isFresh(one));
}

// A node that has not reported for longer than this is most likely down.
const silentSeconds = 20;
export const isSilent = (node: ServerNode): boolean => node.SecondsSinceLastSeen > silentSeconds;
