import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, instances, key, load } from "./modules.mjs";

const { badgesOf, compareCoordinates, countProblems, mostAdvanced, problemOf, recoverChoices, troubled } = await load("model");

test("the first problem that holds is the one that is shown", () => {
  const broken = instance("b < a", {
    IsLastCheckValid: false, IsRecentlyChecked: false, Slave_SQL_Running: false, SlaveLagSeconds: { Int64: 99, Valid: true },
  });
  const order = [];
  order.push(problemOf(broken, 10, true), problemOf(broken, 10, false));
  broken.IsLastCheckValid = true;
  order.push(problemOf(broken, 10, false));
  broken.IsRecentlyChecked = true;
  order.push(problemOf(broken, 10, false));
  broken.Slave_SQL_Running = true;
  order.push(problemOf(broken, 10, false));
  broken.SlaveLagSeconds = { Int64: 10, Valid: true };
  order.push(problemOf(broken, 10, false));
  assert.deepEqual(order, ["in_maintenance", "last_check_invalid", "not_recently_checked", "not_replicating", "replication_lag", undefined]);
});

test("a master does not have to replicate, a co-master does", () => {
  assert.equal(problemOf(instance("a"), 10, false), undefined);
  assert.equal(problemOf(instance("a", { IsCoMaster: true }), 10, false), "not_replicating");
});

test("a lag that is not known is no lag", () => {
  assert.equal(problemOf(instance("b < a", { SlaveLagSeconds: { Int64: 99, Valid: false } }), 10, false), undefined);
});

test("problems are listed by kind, then by lag, then by name", () => {
  const lagging = (name, lag) => instance(`${name} < a`, { SlaveLagSeconds: { Int64: lag, Valid: true } });
  const all = [lagging("db10", 20), lagging("db2", 20), lagging("x", 50), instance("dead < a", { IsLastCheckValid: false }), instance("well < a")];
  assert.deepEqual(troubled(all, 10, new Map()).map((one) => one.instance.Key.Hostname), ["dead", "x", "db2", "db10"]);
  assert.deepEqual(countProblems(all, 10), [["last_check_invalid", 1], ["replication_lag", 3]]);
});

test("log files are compared by their numbers", () => {
  const at = (LogFile, LogPos) => ({ LogFile, LogPos });
  assert.ok(compareCoordinates(at("bin.000999", 9), at("bin.001000", 1)) < 0);
  assert.ok(compareCoordinates(at("bin.999999", 9), at("bin.1000000", 1)) < 0);
  assert.ok(compareCoordinates(at("bin.000001", 9), at("bin.000001", 10)) < 0);
});

test("below a master that cannot be reached those that have executed most get the star", () => {
  const all = [
    instance("a", { IsLastCheckValid: false }),
    instance("b < a", { ExecBinlogCoordinates: { LogFile: "bin.000002", LogPos: 5 } }),
    instance("c < a", { ExecBinlogCoordinates: { LogFile: "bin.000010", LogPos: 4 } }),
    instance("d < a", { ExecBinlogCoordinates: { LogFile: "bin.000010", LogPos: 4 } }),
    instance("e < a", { IsLastCheckValid: false, ExecBinlogCoordinates: { LogFile: "bin.000099", LogPos: 4 } }),
    instance("f < b", { ExecBinlogCoordinates: { LogFile: "bin.000099", LogPos: 4 } }),
  ];
  assert.deepEqual([...mostAdvanced(all)].sort(), ["c:3306", "d:3306"]);
  all[0].IsLastCheckValid = true;
  assert.equal(mostAdvanced(all).size, 0);
});

test("for the replicas of a dead instance there are ways, for those of a living one none", () => {
  const all = [
    ...instances("a", "sibling < a"),
    instance("mute < a", { LogSlaveUpdatesEnabled: false }),
    instance("dead < a", { IsLastCheckValid: false, SlaveHosts: [key("x")] }),
    ...instances("x < dead"),
  ];
  const choices = recoverChoices(all[3], all);
  assert.deepEqual(choices.map((one) => one.operation), ["match-up-slaves", "regroup-slaves", "multi-match-slaves"]);
  assert.deepEqual(choices[2].below, key("sibling"));
  assert.deepEqual(recoverChoices(all[1], all), []);
  const master = instance("m", { IsLastCheckValid: false, SlaveHosts: [key("x")] });
  assert.deepEqual(recoverChoices(master, [master]).map((one) => one.operation), ["regroup-slaves"]);
});

test("the signs of an instance say what it is", () => {
  const names = (one, held, star = false) => badgesOf(one, held, star).map((badge) => badge.name);
  assert.deepEqual(names(instance("a", { ReadOnly: false })), ["writeable"]);
  assert.deepEqual(names(instance("b < a")), ["logs-slave-updates"]);
  assert.deepEqual(
    names(instance("b < a", { HasReplicationFilters: true, UsingPseudoGTID: true, UnfinishedOperation: "x" }), { Owner: "ann", Reason: "disks" }, true),
    ["maintenance", "unfinished", "logs-slave-updates", "filters", "star", "pseudo-gtid"],
  );
});
