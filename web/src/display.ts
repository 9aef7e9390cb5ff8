// Formats durations, versions, counts and colours of data centres.

import type { Instance, NullableNumber } from "./requests";

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

export function lagText(instance: Instance, isFresh: boolean): string {
  if (!isFresh) {
    const seen = instance.SecondsSinceLastSeen;
    return seen.Valid ? `seen ${durationText(seen.Int64, 1)} ago` : "never seen";
  }
  const lag = instance.SlaveLagSeconds;
  if (instance.MasterKey.Hostname === "") return "";
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
