import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, load } from "./modules.mjs";

const { anonymousNaming, commonEnding, dataCenterNumbers, durationText, lagText, namingOf } = await load("display");

test("names are shown without the ending that all of them have, and never without anything", () => {
  assert.equal(commonEnding(["db1.example.com:3306", "db11.example.com:3306"]), ".example.com:3306");
  assert.equal(commonEnding(["db1:3306", "db2:3307"]), "");
  assert.equal(commonEnding(["db1.example.com:3306"]), "");
  assert.equal(commonEnding(["x.com:1", "x.com:1"]), ".com:1");
  assert.equal(commonEnding([".com:1", "a.com:1"]), ":1");
  const naming = namingOf(["db1.example.com:3306", "db2.example.com:3306"], "");
  assert.equal(naming("db1.example.com:3306"), "db1");
  assert.equal(naming("other:1"), "other:1");
});

test("the text that the configuration names is left out once, as it stands there", () => {
  assert.equal(namingOf([], ".$&.com:3306")("db1.$&.com:3306"), "db1");
  assert.equal(namingOf([], "db1")("db1"), "db1");
});

test("anonymous names tell nothing but that they differ", () => {
  const naming = anonymousNaming(["secret1:3306", "secret2:3306"]);
  assert.equal(naming("secret2:3306"), "instance-2:3306");
});

test("times are written in two units at most", () => {
  assert.equal(durationText(0), "0 s");
  assert.equal(durationText(42.9), "42 s");
  assert.equal(durationText(3600), "1 h");
  assert.equal(durationText(3601), "1 h");
  assert.equal(durationText(90061), "1 d 1 h");
  assert.equal(durationText(90061, 1), "1 d");
  assert.equal(durationText(-5), "0 s");
});

test("an instance says how far it lags, or when it was last seen", () => {
  assert.equal(lagText(instance("b < a", { SlaveLagSeconds: { Int64: 1, Valid: true } }), true), "1 second lag");
  assert.equal(lagText(instance("b < a", { SlaveLagSeconds: { Int64: 0, Valid: false } }), true), "lag unknown");
  assert.equal(lagText(instance("a"), true), "");
  assert.equal(lagText(instance("a", { SecondsSinceLastSeen: { Int64: 130, Valid: true } }), false), "seen 2 min ago");
  assert.equal(lagText(instance("a", { SecondsSinceLastSeen: { Int64: 0, Valid: false } }), false), "never seen");
});

test("data centres get their colours in the order of their names, ten of them", () => {
  const numbers = dataCenterNumbers(["z", "b", "", "b", ...Array.from({ length: 10 }, (_, i) => `c${i}`)].map((DataCenter) => instance("x", { DataCenter })));
  assert.equal(numbers.get("b"), 0);
  assert.equal(numbers.get("z"), 1);
  assert.equal(numbers.has(""), false);
});
