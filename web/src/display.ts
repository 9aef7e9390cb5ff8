// Formats durations, versions, counts and colours of data centres.

import type { Instance, NullableNumber } from "./requests";
import type { RingPlace } from "./tree";

// What a card is marked with: the worst problem of its instance, or that it is in maintenance; "": nothing.
export type Mark = Instance["Problem"] | "in_maintenance";

export const markOf = (instance: Instance, isHeld: boolean): Mark | undefined =>
  isHeld ? "in_maintenance" : instance.Problem || undefined;

// "not replicating"
export const markText = (mark: Mark): string => (mark === "other" ? "other problem" : mark.replaceAll("_", " ").replace("gtid", "GTID"));

// The number of instances with each mark: maintenance first, then the worst problem.
export function countMarks(instances: readonly Instance[], isHeld: (instance: Instance) => boolean): [Mark, number][] {
  const counts = new Map<Mark, number>();
  const ranked = instances.map((one) => ({ mark: markOf(one, isHeld(one)), rank: isHeld(one) ? 0 : one.ProblemRank }));
  for (const { mark } of ranked.sort((a, b) => a.rank - b.rank)) {
    if (mark) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  return [...counts];
}

// The members of a ring of two are co-masters.
export function roleOf(instance: Instance, ring: RingPlace | undefined): string {
  if (ring && ring.size > 2) return `Ring ${ring.place}/${ring.size}`;
  return ring || instance.IsCoMaster ? "Co-master" : instance.IsClusterMaster ? "Master" : "";
}

export const majorVersion = (version: string): string => /^\d+(\.\d+)?/.exec(version)?.[0] ?? "";

export const shortVersion = (version: string): string => version.replace(/-log$/, "");

// "1 d 3 h", "5 min", "42 s": at most `mostUnits` units, for legibility.
export function durationText(seconds: number, mostUnits = 2): string {
  const units: [string, number][] = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === mostUnits) break;
  }
  return parts.length > 0 ? parts.join(" ") : "0 s";
}

export function lagText(instance: Instance): string {
  if (!instance.IsLastCheckValid || !instance.IsRecentlyChecked) {
    const seen = instance.SecondsSinceLastSeen;
    return seen.Valid ? `seen ${durationText(seen.Int64, 1)} ago` : "never seen";
  }
  const lag = instance.SlaveLagSeconds;
  if (!instance.IsReplica) return "";
  if (instance.HasNeverConnected) return "never connected";
  return `lag ${knownDurationText(lag)}`;
}

export const knownDurationText = ({ Int64, Valid }: NullableNumber): string => (Valid ? durationText(Int64) : "unknown");

// The version and the binary log format of an instance.
export const serverText = (one: Instance, isAnonymous: boolean): string =>
  `${isAnonymous ? majorVersion(one.Version) : shortVersion(one.Version)} ${one.LogBinEnabled ? one.Binlog_format : "no binary log"}`;

export const countText = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

// Ten colours, assigned to data centres in the order of their names; the eleventh data centre reuses the first.
export const dataCenterColours = 10;

export function dataCenterNumbers(instances: readonly Instance[]): Map<string, number> {
  const names = [...new Set(instances.map((one) => one.DataCenter).filter((name) => name !== ""))].sort();
  return new Map(names.map((name, index) => [name, index % dataCenterColours]));
}
