// Formats names, ages, counts and colours of data centres.

import type { Instance, NullableNumber } from "./api";

// A domain, with or without a port, or a port alone; not the end of an address such as 10.0.0.1 or fe80::1.
const removable = /^(\.[^:]*[a-z][^:]*(:\d+)?|:\d+)$/i;

// The common ending of all names, from a dot or colon on: "db1" and "db11" must not become "db" and "db1".
export function commonEnding(names: readonly string[]): string {
  const first = names[0];
  if (first === undefined || names.length < 2) return "";
  let length = first.length;
  for (const name of names) {
    let same = 0;
    while (same < length && same < name.length && name.at(-1 - same) === first.at(-1 - same)) same++;
    length = same;
  }
  let ending = first.slice(first.length - length);
  // No name may become empty.
  const shortest = Math.min(...names.map((name) => name.length));
  while (ending !== "" && (!removable.test(ending) || ending.length >= shortest)) ending = ending.slice(1);
  return ending;
}

export type Naming = (name: string) => string;

// Short names for a page that shows all these instances: without the configured text, or without their common
// ending.
export function namingOf(names: readonly string[], removedText: string): Naming {
  if (removedText !== "") {
    return (name) => name.replace(removedText, () => "") || name;
  }
  const ending = commonEnding(names);
  return (name) => (ending !== "" && name.endsWith(ending) ? name.slice(0, -ending.length) : name);
}

// Names for screenshots that are shared.
export function anonymousNaming(names: readonly string[]): Naming {
  const numbers = new Map(names.map((name, index) => [name, index + 1]));
  return (name) => `instance-${numbers.get(name) ?? 0}:3306`;
}

export const majorVersion = (version: string): string => /^\d+(\.\d+)?/.exec(version)?.[0] ?? "";

export const shortVersion = (version: string): string => version.replace(/-log$/, "");

export const numberText = (value: NullableNumber): string => (value.Valid ? String(value.Int64) : "unknown");

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
  return lag.Valid ? `${lag.Int64} ${lag.Int64 === 1 ? "second" : "seconds"} lag` : "lag unknown";
}

export const countText = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

// Ten colours, assigned to data centres in the order of their names; the eleventh data centre reuses the first.
export const dataCenterColours = 10;

export function dataCenterNumbers(instances: readonly Instance[]): Map<string, number> {
  const names = [...new Set(instances.map((one) => one.DataCenter).filter((name) => name !== ""))].sort();
  return new Map(names.map((name, index) => [name, index % dataCenterColours]));
}
