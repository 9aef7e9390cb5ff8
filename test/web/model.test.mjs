// Order, badges and groups of instances.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, key, load } from "./modules.mjs";

const { badgesOf, byCluster, clustersWith, compareNames, maintenanceByKey } = await load("model");

const serving = { LogBinEnabled: true, LogSlaveUpdatesEnabled: true };

test("numbers in names are ordered numerically", () => {
  assert.deepEqual(["db10:3306", "db2:3307", "db2:3306"].sort(compareNames), ["db2:3306", "db2:3307", "db10:3306"]);
});

test("ended maintenance is ignored", () => {
  const list = [{ Key: key("a"), IsActive: false }, { Key: key("b"), IsActive: true }];
  assert.deepEqual([...maintenanceByKey(list).keys()], ["b:3306"]);
});

const badgeNames = (one, maintenance, isStar = false) => badgesOf(one, maintenance, isStar).map((badge) => badge.name);

test("a plain read-only replica has no icons", () => {
  assert.deepEqual(badgeNames(instance("b < a")), []);
});

test("icons have a fixed order", () => {
  const facts = {
    ...serving, ReadOnly: false, UnfinishedOperation: "move-up", GtidErrant: "0-2-7", Warnings: ["one", "two"], HasReplicationFilters: true,
    CountMySQLSnapshots: 2, IsMultiSource: true, ReplicationChannels: [{}, {}, {}], UsingPseudoGTID: true, UsingMariaDBGTID: true,
  };
  const badges = badgesOf(instance("b < a", facts), { Owner: "me", Reason: "why" }, true);
  assert.deepEqual(badges.map((one) => one.text), [
    "In maintenance: me, why", "Unfinished: move-up", "Has errant transactions", "one; two", "Logs replica updates", "Has replication filters", "2 snapshots",
    "The best candidate among the replicas of the failed master", "Replicates on 3 channels", "Writeable", "Uses Pseudo-GTID", "Uses GTID",
  ]);
});

test("the icon for log_slave_updates is shown for replicas and co-masters with a binary log, not for masters", () => {
  assert.deepEqual(badgeNames(instance("a", serving)), []);
  assert.deepEqual(badgeNames(instance("a < b", { ...serving, IsCoMaster: true })), ["logs-updates"]);
  assert.deepEqual(badgeNames(instance("b < a", { ...serving, LogBinEnabled: false })), []);
});

test("servers without warnings, channels or unfinished operations have no such icons", () => {
  assert.deepEqual(badgeNames(instance("b < a", { Warnings: [], UnfinishedOperation: "", IsMultiSource: false })), []);
});

test("one snapshot is singular", () => {
  assert.equal(badgesOf(instance("b < a", { CountMySQLSnapshots: 1 }), undefined, false)[0].text, "1 snapshot");
});

test("rows are grouped by their cluster", () => {
  const rows = [{ ClusterName: "a", n: 1 }, { ClusterName: "b", n: 2 }, { ClusterName: "a", n: 3 }];
  assert.deepEqual([...byCluster(rows)].map(([name, all]) => [name, all.map((one) => one.n)]), [["a", [1, 3]], ["b", [2]]]);
});

test("clusters are found by a part of their alias or name, in upper or lower case", () => {
  const all = [{ ClusterName: "db1:3306", ClusterAlias: "Shop" }, { ClusterName: "db2:3306", ClusterAlias: "" }];
  const found = (text) => clustersWith(text, all).map((one) => one.ClusterName);
  assert.deepEqual(found("hOp"), ["db1:3306"]);
  assert.deepEqual(found(" db2 "), ["db2:3306"]);
  assert.deepEqual(found("opdb"), [], "not across alias and name");
  assert.deepEqual(found("  "), []);
});
