// The format of durations and numbers, and the colours of data centres.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, load } from "./modules.mjs";

const display = await load("display");
const { countMarks, countText, dataCenterNumbers, durationText, knownDurationText, lagText, markOf, markText, roleOf } = display;

test("versions: the major version, and without -log", () => {
  assert.equal(display.majorVersion("8.0.36-log"), "8.0");
  assert.equal(display.majorVersion("10.11.6-MariaDB"), "10.11");
  assert.equal(display.majorVersion(""), "");
  assert.equal(display.shortVersion("5.6.17-log"), "5.6.17");
  assert.equal(display.shortVersion("5.6-log-x"), "5.6-log-x");
});

test("an unknown number is not shown as 0", () => {
  assert.equal(knownDurationText({ Int64: 0, Valid: false }), "unknown");
  assert.equal(knownDurationText({ Int64: 0, Valid: true }), "0 s");
});

test("durations have two units at most, and no gap between them", () => {
  const texts = { 0: "0 s", 42: "42 s", 60: "1 min", 61: "1 min 1 s", 3600: "1 h", 3605: "1 h", 97200: "1 d 3 h", 97259: "1 d 3 h" };
  for (const [seconds, text] of Object.entries(texts)) assert.equal(durationText(Number(seconds)), text);
  assert.equal(durationText(100 * 86400 - 1), "99 d 23 h");
  assert.equal(durationText(97200, 1), "1 d");
});

test("durations are never negative or fractional", () => {
  assert.equal(durationText(-5), "0 s");
  assert.equal(durationText(1.9), "1 s");
});

test("lag is a duration, and unknown lag is not 0", () => {
  const lagging = (Int64, Valid = true) => instance("b < a", { SlaveLagSeconds: { Int64, Valid } });
  assert.equal(lagText(lagging(1)), "lag 1 s");
  assert.equal(lagText(lagging(0)), "lag 0 s");
  assert.equal(lagText(lagging(3700)), "lag 1 h 1 min");
  assert.equal(lagText(lagging(0, false)), "lag unknown");
  assert.equal(lagText({ ...lagging(0), HasNeverConnected: true }), "never connected");
});

test("a master shows no lag", () => {
  assert.equal(lagText(instance("a")), "");
});

test("an unreachable instance shows when it was last seen, not an old lag", () => {
  const seen = (facts, Int64, Valid = true) => instance("b < a", { SecondsSinceLastSeen: { Int64, Valid }, ...facts });
  assert.equal(lagText(seen({ IsLastCheckValid: false }, 3700)), "seen 1 h ago");
  assert.equal(lagText(seen({ IsRecentlyChecked: false }, 3700)), "seen 1 h ago");
  assert.equal(lagText(seen({ IsLastCheckValid: false }, 0, false)), "never seen");
});

test("counts use plurals", () => {
  assert.equal(countText(1, "replica"), "1 replica");
  assert.equal(countText(0, "replica"), "0 replicas");
  assert.equal(countText(2, "query", "queries"), "2 queries");
});

test("the colours of data centres do not depend on the order of instances", () => {
  const at = (...names) => dataCenterNumbers(names.map((DataCenter) => instance("a", { DataCenter })));
  assert.deepEqual([...at("west", "east", "west")], [["east", 0], ["west", 1]]);
  assert.deepEqual(at("east", "west"), at("west", "east"));
});

test("an unknown data centre has no colour, and the eleventh reuses the first colour", () => {
  const names = ["", ..."abcdefghijk"];
  const numbers = dataCenterNumbers(names.map((DataCenter) => instance("a", { DataCenter })));
  assert.equal(numbers.has(""), false);
  assert.deepEqual([numbers.get("a"), numbers.get("j"), numbers.get("k")], [0, 9, 0]);
});

const troubled = (name, Problem, ProblemRank) => instance(`${name} < a`, { Problem, ProblemRank });

test("an instance is marked with the problem that the server names, or with its maintenance", () => {
  assert.equal(markOf(instance("b < a"), false), undefined);
  assert.equal(markOf(troubled("b", "not_replicating", 4), false), "not_replicating");
  assert.equal(markOf(troubled("b", "not_replicating", 4), true), "in_maintenance");
  assert.equal(markText("not_replicating"), "not replicating");
  assert.equal(markText("errant_gtid"), "errant GTID");
  assert.equal(markText("other"), "other problem");
});

test("each instance is counted with one mark, in the order of the server's ranks", () => {
  const all = [troubled("b", "replication_lag", 5), troubled("c", "last_check_invalid", 1), troubled("d", "replication_lag", 5), instance("a")];
  assert.deepEqual(countMarks(all, () => false), [["last_check_invalid", 1], ["replication_lag", 2]]);
  assert.deepEqual(countMarks(all, (one) => one === all[0] || one === all[3]),
    [["in_maintenance", 2], ["last_check_invalid", 1], ["replication_lag", 1]]);
});

test("masters, co-masters and members of a ring have a role, replicas have none", () => {
  assert.equal(roleOf(instance("a"), undefined), "Master");
  assert.equal(roleOf(instance("a < b", { IsCoMaster: true }), undefined), "Co-master");
  assert.equal(roleOf(instance("b < a"), { place: 2, size: 2 }), "Co-master");
  assert.equal(roleOf(instance("b < a"), { place: 2, size: 3 }), "Ring 2/3");
  assert.equal(roleOf(instance("b < a"), undefined), "");
});
