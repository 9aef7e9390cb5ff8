// Derived facts about instances.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, instances, key, load } from "./modules.mjs";

const model = await load("model");
const { badgesOf, compareCoordinates, compareNames, countProblems, mostAdvanced, problemOf, recoverChoices, troubled, troubleOf } =
  model;

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

test("ended maintenance is ignored", () => {
  const list = [{ Key: key("a"), IsActive: false }, { Key: key("b"), IsActive: true }];
  assert.deepEqual([...model.maintenanceByKey(list).keys()], ["b:3306"]);
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
  assert.deepEqual(countProblems(all, limit), [["last_check_invalid", 1], ["replication_lag", 2]]);
  assert.deepEqual(countProblems(all, limit, held("b", "a")), [["in_maintenance", 2], ["replication_lag", 2]]);
});

test("every problem has a text", () => {
  assert.deepEqual(Object.keys(model.problemText).sort(), [...model.problems].sort());
});

test("numbers in names are ordered numerically", () => {
  assert.deepEqual(["db10:3306", "db2:3307", "db2:3306"].sort(compareNames), ["db2:3306", "db2:3307", "db10:3306"]);
});

test("coordinates are ordered by log, then position, also from 999999 to 1000000", () => {
  const at = (LogFile, LogPos) => ({ LogFile, LogPos });
  assert.ok(compareCoordinates(at("b.000002", 4), at("b.000001", 900)) > 0);
  assert.ok(compareCoordinates(at("b.999999", 4), at("b.1000000", 4)) < 0);
  assert.ok(compareCoordinates(at("b.000001", 99), at("b.000001", 100)) < 0);
  assert.equal(compareCoordinates(at("b.000001", 4), at("b.000001", 4)), 0);
});

test("an instance that is its own master is not its own replica", () => {
  const found = model.replicasOf(instances("a < a", "b < a", "c < b"), key("a"));
  assert.deepEqual(found.map((one) => one.Key.Hostname), ["b"]);
});

const executed = (words, LogPos, facts = {}) =>
  instance(words, { ExecBinlogCoordinates: { LogFile: "binlog.000007", LogPos }, ...facts });

test("stars: all replicas of a dead master that have executed most", () => {
  const all = [instance("a", dead), executed("b < a", 100), executed("c < a", 300), executed("d < a", 300), executed("e < a", 200)];
  assert.deepEqual([...mostAdvanced(all)], ["c:3306", "d:3306"]);
});

test("stars: not for unreachable replicas, and not below a healthy master", () => {
  const all = [instance("a", dead), executed("b < a", 100), executed("c < a", 300, dead), executed("d < b", 999)];
  assert.deepEqual([...mostAdvanced(all)], ["b:3306"]);
  assert.equal(mostAdvanced([instance("a"), executed("b < a", 100)]).size, 0);
});

test("stars: below an intermediate master that was not recently checked", () => {
  const all = [instance("a"), instance("b < a", { IsRecentlyChecked: false }), executed("c < b", 5), executed("x < a", 9)];
  assert.deepEqual([...mostAdvanced(all)], ["c:3306"]);
});

const serving = { LogBinEnabled: true, LogSlaveUpdatesEnabled: true };

test("recovery is offered only for a dead instance with replicas", () => {
  assert.deepEqual(recoverChoices(instance("a"), instances("a", "b < a")), []);
  assert.deepEqual(recoverChoices(instance("a", dead), instances("c < b")), []);
});

test("recovery of a dead master regroups its replicas", () => {
  const choices = recoverChoices(instance("a", dead), [instance("a", dead), instance("b < a", serving)]);
  assert.deepEqual(choices.map((one) => one.operation), ["regroup-slaves"]);
});

test("recovery is offered even if only the dead instance lists its replicas", () => {
  const a = instance("a", { ...dead, SlaveHosts: [key("b")] });
  assert.deepEqual(recoverChoices(a, [a]).map((one) => one.operation), ["regroup-slaves"]);
});

test("recovery of a dead intermediate master: match up, regroup, or move below a suitable sibling", () => {
  const b = instance("b < a", { ...dead, ...serving });
  const all = [
    instance("a", serving), b, instance("c < b", serving), instance("d < a", serving), instance("e < a", { LogBinEnabled: true }),
    instance("f < a", { ...serving, ...dead }), instance("g < a", { ...serving, IsRecentlyChecked: false }),
  ];
  assert.deepEqual(recoverChoices(b, all), [
    { label: "Match up slaves to a:3306", operation: "match-up-slaves" },
    { label: "Regroup replicas (below the most advanced one)", operation: "regroup-slaves" },
    { label: "Match all slaves below d:3306", operation: "multi-match-slaves", below: key("d") },
  ]);
});

const badgeNames = (one, maintenance, isStar = false) => badgesOf(one, maintenance, isStar).map((badge) => badge.name);

test("a plain read-only replica has no icons", () => {
  assert.deepEqual(badgeNames(instance("b < a")), []);
});

test("icons have a fixed order", () => {
  const facts = {
    ...serving, ReadOnly: false, UnfinishedOperation: "move-up", Warnings: ["one", "two"], HasReplicationFilters: true,
    CountMySQLSnapshots: 2, IsMultiSource: true, ReplicationChannels: [{}, {}, {}], UsingPseudoGTID: true, UsingMariaDBGTID: true,
  };
  const badges = badgesOf(instance("b < a", facts), { Owner: "me", Reason: "why" }, true);
  assert.deepEqual(badges.map((one) => one.text), [
    "In maintenance: me, why", "Unfinished: move-up", "one; two", "Logs slave updates", "Has replication filters", "2 snapshots",
    "Most advanced replica", "Replicates on 3 channels", "Writeable", "Uses Pseudo-GTID", "Uses GTID",
  ]);
});

test("the icon for log_slave_updates is shown for replicas and co-masters with a binary log, not for masters", () => {
  assert.deepEqual(badgeNames(instance("a", serving)), []);
  assert.deepEqual(badgeNames(instance("a < b", { ...serving, IsCoMaster: true })), ["logs-slave-updates"]);
  assert.deepEqual(badgeNames(instance("b < a", { ...serving, LogBinEnabled: false })), []);
});

test("servers without warnings, channels or unfinished operations have no such icons", () => {
  assert.deepEqual(badgeNames(instance("b < a", { Warnings: [], UnfinishedOperation: "", IsMultiSource: false })), []);
});

test("one snapshot is singular", () => {
  assert.equal(badgesOf(instance("b < a", { CountMySQLSnapshots: 1 }), undefined, false)[0].text, "1 snapshot");
});

test("an instance that tries to replicate differs from one that replicates", () => {
  const half = instance("b < a", { Slave_IO_Running: false });
  assert.deepEqual([model.replicates(half), model.triesToReplicate(half)], [false, true]);
  assert.equal(model.triesToReplicate(instance("a")), false);
});
