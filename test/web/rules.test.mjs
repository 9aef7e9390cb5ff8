// What the pages decide about instances.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, key, load } from "./modules.mjs";

const { servingSiblings } = await load("rules");

const dead = { IsLastCheckValid: false };

test("replicas may be matched below the siblings of their master that log what they replicate and can be read", () => {
  const serving = { LogBinEnabled: true, LogSlaveUpdatesEnabled: true };
  const all = [
    instance("a", serving), instance("b < a", { ...dead, ...serving }), instance("c < b", serving), instance("d < a", serving),
    instance("e < a", { LogBinEnabled: true }), instance("f < a", { ...serving, ...dead }),
    instance("g < a", { ...serving, IsRecentlyChecked: false }), instance("h < a", { LogSlaveUpdatesEnabled: true }),
  ];
  assert.deepEqual(servingSiblings(key("b"), all).map((one) => one.Key.Hostname), ["d"]);
  assert.deepEqual(servingSiblings(key("a"), all), [], "a master has no siblings");
  assert.deepEqual(servingSiblings(key("x"), all), []);
});
