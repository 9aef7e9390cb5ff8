// What the pages decide about instances.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, key, load } from "./modules.mjs";

const { countProblems, isSilent, problemOf, problems, problemText, replicates, roleOf, servingSiblings, troubled, troubleOf } =
  await load("rules");

const limit = 10;
const lag = (seconds, Valid = true) => ({ SlaveLagSeconds: { Int64: seconds, Valid } });
const dead = { IsLastCheckValid: false };
const stopped = { Slave_SQL_Running: false };
const held = (...names) => new Map(names.map((name) => [`${name}:3306`, { Owner: "me", Reason: "why" }]));

test("a healthy instance has no problem", () => {
  assert.equal(troubleOf(instance("a"), limit), undefined);
  assert.equal(troubleOf(instance("b < a"), limit), undefined);
});

test("an instance shows its worst problem", () => {
  const facts = { ...lag(11), ...stopped, IsRecentlyChecked: false, IsLastCheckValid: false };
  const b = instance("b < a", facts);
  assert.equal(troubleOf(b, limit), "last_check_invalid");
  b.IsLastCheckValid = true;
  assert.equal(troubleOf(b, limit), "not_recently_checked");
  b.IsRecentlyChecked = true;
  assert.equal(troubleOf(b, limit), "not_replicating");
  b.Slave_SQL_Running = true;
  assert.equal(troubleOf(b, limit), "replication_lag");
});

test("one stopped thread means not replicating", () => {
  assert.equal(troubleOf(instance("b < a", { Slave_IO_Running: false }), limit), "not_replicating");
  assert.equal(troubleOf(instance("b < a", { Slave_IO_Running: false, HasNeverConnected: true }), limit), "never_connected");
  assert.equal(troubleOf(instance("b < a", { Slave_SQL_Running: false }), limit), "not_replicating");
});

test("a master need not replicate, a co-master must", () => {
  assert.equal(troubleOf(instance("a < b", stopped), limit), undefined);
  assert.equal(troubleOf(instance("a < b", { ...stopped, IsCoMaster: true }), limit), "not_replicating");
});

test("lag is a problem only if it is known and above the limit", () => {
  assert.equal(troubleOf(instance("b < a", lag(10)), limit), undefined);
  assert.equal(troubleOf(instance("b < a", lag(11)), limit), "replication_lag");
  assert.equal(troubleOf(instance("b < a", lag(11, false)), limit), undefined);
});

test("maintenance precedes other problems, but does not hide them in the colour", () => {
  assert.equal(problemOf(instance("b < a", dead), limit, true), "in_maintenance");
  assert.equal(problemOf(instance("b < a"), limit, true), "in_maintenance");
  assert.equal(troubleOf(instance("b < a", dead), limit), "last_check_invalid");
});

test("problems are listed by kind, then by lag, then by name; healthy instances are not listed", () => {
  const all = [
    instance("a"), instance("b10 < a", lag(20)), instance("b2 < a", lag(20)), instance("c < a", lag(99)),
    instance("d < a", stopped), instance("e < a", dead), instance("f < a"), instance("g < a", { IsRecentlyChecked: false }),
  ];
  assert.deepEqual(
    troubled(all, limit, held("f")).map(({ instance: one, problem }) => `${one.Key.Hostname} ${problem}`),
    [
      "f in_maintenance", "e last_check_invalid", "g not_recently_checked", "d not_replicating",
      "c replication_lag", "b2 replication_lag", "b10 replication_lag",
    ],
  );
});

test("each instance is counted with one problem, and problems without instances are omitted", () => {
  const all = [instance("b < a", { ...dead, ...stopped }), instance("c < a", lag(20)), instance("d < a", lag(30)), instance("a")];
  assert.deepEqual(countProblems(troubled(all, limit, held())), [["last_check_invalid", 1], ["replication_lag", 2]]);
  assert.deepEqual(countProblems(troubled(all, limit, held("b", "a"))), [["in_maintenance", 2], ["replication_lag", 2]]);
});

test("every problem has a text", () => {
  assert.deepEqual(Object.keys(problemText).sort(), [...problems].sort());
});

test("an instance that the server lists has a problem, even if the page cannot name it", () => {
  const b = instance("b < a");
  assert.deepEqual(troubled([b], limit, held(), true), [{ instance: b, problem: "other" }]);
  assert.deepEqual(troubled([b], limit, held()), []);
});

test("one stopped thread is no replication", () => {
  assert.equal(replicates(instance("b < a", { Slave_IO_Running: false })), false);
  assert.equal(replicates(instance("b < a")), true);
});

test("masters, co-masters and members of a ring have a role, replicas have none", () => {
  assert.equal(roleOf(instance("a"), undefined), "Master");
  assert.equal(roleOf(instance("a < b", { IsCoMaster: true }), undefined), "Co-master");
  assert.equal(roleOf(instance("b < a"), { place: 2, size: 2 }), "Co-master");
  assert.equal(roleOf(instance("b < a"), { place: 2, size: 3 }), "Ring 2/3");
  assert.equal(roleOf(instance("b < a"), undefined), "");
});

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

test("a node is silent after twenty seconds", () => {
  assert.equal(isSilent({ SecondsSinceLastSeen: 20 }), false);
  assert.equal(isSilent({ SecondsSinceLastSeen: 21 }), true);
});
