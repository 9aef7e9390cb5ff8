// Anonymous names: deterministic, and nowhere a real one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { noteNames, Pseudonyms } = await load("pseudonyms");
const { disguised, revealed } = await load("anonymous-addresses");
const { addressOf, placeOf } = await load("navigation");

// A server has sent these names.
function informed() {
  const pseudonyms = new Pseudonyms();
  noteNames([
    { Key: { Hostname: "db1.secret.example", Port: 3306 }, MasterKey: { Hostname: "", Port: 0 }, ClusterName: "db1.secret.example:3306", DataCenter: "east" },
    { ClusterName: "db1.secret.example:3306", ClusterAlias: "main shop" },
    { Owner: "ann", Reason: "new disks for db1.secret.example" },
    { InstanceHostname: "10.1.2.3", InstancePort: 3307, User: "app", Host: "client7:4711", Db: "sales" },
  ], pseudonyms);
  return pseudonyms;
}

test("the same name has the same pseudonym, and different names have different ones", () => {
  const pseudonyms = new Pseudonyms();
  assert.equal(pseudonyms.of("instance", "a:1"), "instance-1:3306");
  assert.equal(pseudonyms.of("instance", "b:1"), "instance-2:3306");
  assert.equal(pseudonyms.of("instance", "a:1"), "instance-1:3306");
  assert.equal(pseudonyms.of("cluster", "a:1"), "cluster-1");
  assert.equal(pseudonyms.of("user", ""), "");
});

test("stored pseudonyms stay the same, and new ones differ from them", () => {
  const before = new Pseudonyms();
  before.of("instance", "a:1");
  before.of("instance", "b:1");
  before.of("text", "two words");
  const after = new Pseudonyms();
  for (const { kind, real, number } of before.all()) after.restore(kind, real, number);
  assert.equal(after.of("instance", "b:1"), "instance-2:3306");
  assert.equal(after.realOf("text-1"), "two words");
  assert.equal(after.of("instance", "c:1"), "instance-3:3306");
});

test("in texts, all names that the server has sent are replaced", () => {
  const pseudonyms = informed();
  const hidden = [
    "db1.secret.example:3306: stop replication", "Cannot connect to db1.secret.example", "db1-slow.log of db1", "db1_relay is missing",
    "replicates from 10.1.2.3:3307 already", "main shop is the alias", "locked by ann: new disks for db1.secret.example",
    "'app'@'client7' in sales", "repl@db1.secret.example:3306", "moved to east.",
  ].map((text) => pseudonyms.text(text));
  for (const text of hidden) assert.doesNotMatch(text, /secret|db1|10[.]1|shop|ann\b|disks|app\b|client7|sales|east/, text);
  assert.equal(hidden[0], "instance-1:3306: stop replication");
  assert.equal(hidden[1], "Cannot connect to host-1");
  assert.equal(hidden[6], "locked by user-1: text-1");
});

test("in texts, unknown names of hosts, addresses and log files are replaced, too", () => {
  const pseudonyms = new Pseudonyms();
  for (const text of [
    "db9.other.example", "db9:3306", "192.168.7.7", "192.168.7.7:3306", "fe80::77", "[fe80::77]:3306", "db9-bin.000012:4711", "db9-bin.000012",
    "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5",
  ]) {
    const hidden = pseudonyms.text(`see ${text}, please`);
    assert.doesNotMatch(hidden, /db9|other|192|168|fe80|77\b|3E11FA47/, hidden);
    assert.match(hidden, /^see .*, please$/);
  }
});

test("words, versions, times and counts stay as they are", () => {
  const pseudonyms = informed();
  const text = "found 5, failed 0; at 03:12:07 on 2026-11-24 of 10.11.19-MariaDB-log (2003): It lags, e.g. by 12.5 s";
  assert.equal(pseudonyms.text(text), text);
});

test("a part of a longer word is no name", () => {
  const pseudonyms = new Pseudonyms();
  noteNames({ Owner: "ann" }, pseudonyms);
  assert.equal(pseudonyms.text("annual plan of ann, joann"), "annual plan of user-1, joann");
});

test("owners and reasons of locks are replaced in the audit and in refusals, even if the locks are over", () => {
  const pseudonyms = new Pseudonyms();
  noteNames({ AuditType: "begin-maintenance", Owner: "ann b.", Reason: "new disks, soon" }, pseudonyms);
  assert.equal(pseudonyms.text("maintenanceToken: 1, owner: ann b., reason: new disks, soon"), "maintenanceToken: 1, owner: user-1, reason: text-1");
  assert.equal(pseudonyms.text("db1:3306 is locked by bob since 2026-01-01 00:00:00, for 600 s at most: why?"),
    "instance-1:3306 is locked by user-2 since 2026-01-01 00:00:00, for 600 s at most: text-2");
});

test("a name that was not known is told, once", () => {
  let told = 0;
  const pseudonyms = new Pseudonyms(() => {}, () => ++told);
  for (let i = 0; i < 2; ++i) noteNames({ Hostname: "db1", Owner: "ann" }, pseudonyms);
  assert.equal(told, 2);
});

test("a phrase may have any characters", () => {
  const pseudonyms = new Pseudonyms();
  const phrase = "a-b ^$\\\\.*+?()[]{}|/-&~ שלום c";
  noteNames({ Reason: phrase }, pseudonyms);
  assert.equal(pseudonyms.text(`why: ${phrase}!`), "why: text-1!");
});

const arriveAt = (address) => {
  const url = new URL(address, "http://host.example/");
  return placeOf(url.pathname.slice(1), url.search);
};

test("an anonymous address shows no name, and leads to the same page in the same browser", () => {
  const pseudonyms = new Pseudonyms();
  for (const address of [
    "web/cluster/secret%3A3306?view=list&instance=secret2%3A3306", "web/cluster/alias/secret", "web/search?s=secret",
    "web/long-queries?filter=secret", "web/audit/2?filter=secret", "web/status",
  ]) {
    const place = arriveAt(address);
    const hidden = disguised(place, pseudonyms);
    const shown = addressOf(hidden.route, hidden.instance, hidden.isAnonymous);
    assert.doesNotMatch(shown, /secret/);
    assert.deepEqual(revealed(arriveAt(shown), pseudonyms), place);
    assert.deepEqual(disguised(arriveAt(shown), pseudonyms), hidden, "twice is once");
  }
});

test("an anonymous address of another browser is not taken for a name", () => {
  assert.deepEqual(revealed(arriveAt("web/cluster/cluster-7?anonymous=true"), new Pseudonyms()).route, { page: "unknown-name" });
});
