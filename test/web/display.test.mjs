// The format of names, times and numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, load } from "./modules.mjs";

const display = await load("display");
const { anonymousNaming, commonEnding, countText, dataCenterNumbers, durationText, lagText, namingOf } = display;

const named = (names, removed = "") => names.map(namingOf(names, removed));

test("names are shown without their common domain and port", () => {
  assert.deepEqual(named(["db1.example.com:3306", "db2.example.com:3306"]), ["db1", "db2"]);
});

test("names keep the parts that differ: ports of one host, domains of two sites", () => {
  assert.deepEqual(named(["db:3306", "db:3307"]), ["db:3306", "db:3307"]);
  assert.deepEqual(named(["db.east.example:3306", "db.west.example:3306"]), ["db.east", "db.west"]);
});

test("names are cut only at dots and colons: db1 and db11 stay db1 and db11", () => {
  assert.deepEqual(named(["db1:3306", "db11:3306"]), ["db1", "db11"]);
  assert.equal(commonEnding(["adb", "bdb"]), "");
});

test("no name becomes empty", () => {
  assert.deepEqual(named([".example:3306", "db.example:3306"]), [".example", "db.example"]);
  assert.deepEqual(named(["db:3306", "db:3306"]), ["db", "db"]);
});

test("one name may be the ending of another name", () => {
  assert.deepEqual(named(["db.example:3306", "x.db.example:3306"]), ["db", "x.db"]);
});

test("an address is not cut; only the port is removed", () => {
  assert.deepEqual(named(["10.0.0.1:3306", "10.0.1.1:3306"]), ["10.0.0.1", "10.0.1.1"]);
  assert.deepEqual(named(["fe80::1:3306", "fe81::1:3306"]), ["fe80::1", "fe81::1"]);
});

test("a single name is shown in full", () => {
  assert.deepEqual(named(["db1.example.com:3306"]), ["db1.example.com:3306"]);
  assert.equal(commonEnding([]), "");
});

test("a name outside the list is shown in full", () => {
  assert.equal(namingOf(["a.x:3306", "b.x:3306"], "")("c.y:3306"), "c.y:3306");
});

test("only the configured text is removed, literally and once", () => {
  assert.deepEqual(named(["db1.example.com:3306", "db2.example.com:3306"], ".example.com"), ["db1:3306", "db2:3306"]);
  assert.deepEqual(named(["dbXexample:3306"], ".example"), ["dbXexample:3306"]);
  assert.deepEqual(named(["a-a-b"], "a-"), ["a-b"]);
});

test("a name that consists of the removed text only is kept", () => {
  assert.deepEqual(named(["db:3306"], "db:3306"), ["db:3306"]);
});

test("anonymous names reveal nothing and are distinct", () => {
  const names = ["secret1.example:3306", "secret2.example:3306"];
  assert.deepEqual(names.map(anonymousNaming(names)), ["instance-1:3306", "instance-2:3306"]);
  assert.equal(anonymousNaming(names)("secret3:3306"), "instance-0:3306");
});

test("versions: the major version, and without -log", () => {
  assert.equal(display.majorVersion("8.0.36-log"), "8.0");
  assert.equal(display.majorVersion("10.11.6-MariaDB"), "10.11");
  assert.equal(display.majorVersion(""), "");
  assert.equal(display.shortVersion("5.6.17-log"), "5.6.17");
  assert.equal(display.shortVersion("5.6-log-x"), "5.6-log-x");
});

test("an unknown number is not shown as 0", () => {
  assert.equal(display.numberText({ Int64: 0, Valid: false }), "unknown");
  assert.equal(display.numberText({ Int64: 0, Valid: true }), "0");
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

test("lag is shown in words, and unknown lag is not 0", () => {
  const lagging = (Int64, Valid = true) => instance("b < a", { SlaveLagSeconds: { Int64, Valid } });
  assert.equal(lagText(lagging(1), true), "1 second lag");
  assert.equal(lagText(lagging(0), true), "0 seconds lag");
  assert.equal(lagText(lagging(0, false), true), "lag unknown");
  assert.equal(lagText({ ...lagging(0), HasNeverConnected: true }, true), "never connected");
});

test("a master shows no lag", () => {
  assert.equal(lagText(instance("a"), true), "");
});

test("an unreachable instance shows when it was last seen, not an old lag", () => {
  const seen = (Int64, Valid = true) => instance("b < a", { SecondsSinceLastSeen: { Int64, Valid } });
  assert.equal(lagText(seen(3700), false), "seen 1 h ago");
  assert.equal(lagText(seen(0, false), false), "never seen");
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
