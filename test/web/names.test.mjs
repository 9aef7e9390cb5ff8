// Short names of instances.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { namingOf } = await load("names");

const named = (names, removed = "") => {
  const naming = namingOf(names, removed);
  return names.map((name) => naming(name));
};

test("names are shown without their common domain and port", () => {
  assert.deepEqual(named(["db1.example.com:3306", "db2.example.com:3306"]), ["db1", "db2"]);
});

test("names keep the parts that differ: ports of one host, domains of two sites", () => {
  assert.deepEqual(named(["db:3306", "db:3307"]), ["db:3306", "db:3307"]);
  assert.deepEqual(named(["db1.east.example:3306", "db1.west.example:3306", "db2.west.example:3306"]), ["db1.east", "db1.west", "db2.west"]);
});

test("only whole labels are left out: db1 and db11 stay db1 and db11", () => {
  assert.deepEqual(named(["db1:3306", "db11:3306"]), ["db1", "db11"]);
  assert.deepEqual(named(["adb:1", "bdb:2"]), ["adb:1", "bdb:2"]);
  assert.deepEqual(named(["x1.ample.org:1", "x2.example.org:2"]), ["x1.ample:1", "x2.example:2"]);
});

test("names are shown without the labels that all begin with", () => {
  assert.deepEqual(named(["mysql.db1.eu.example.com:3306", "mysql.db2.eu.example.com:3306"]), ["db1", "db2"]);
  assert.deepEqual(named(["shop.a.eu.example:3306", "shop.b.us.example:3306"]), ["a.eu", "b.us"]);
});

test("a label is kept where only digits would be left", () => {
  assert.deepEqual(named(["db.1.example.com:3306", "db.2.example.com:3306"]), ["db.1", "db.2"]);
  assert.deepEqual(named(["1.db.example.com:3306", "2.db.example.com:3306"]), ["1.db", "2.db"]);
  assert.deepEqual(named(["a.example:3306", "a.example:3307"]), ["a:3306", "a:3307"]);
});

test("the middle of a long name is left out, and names stay distinct", () => {
  const names = ["replication-server-frankfurt-0001:3306", "replication-server-frankfurt-0002:3306", "short:3306"];
  const naming = namingOf(names, "");
  assert.deepEqual(names.map((name) => naming(name, 20)), ["replicati…kfurt-0001", "replicati…kfurt-0002", "short"]);
  assert.deepEqual(names.map((name) => naming(name)), ["replication-server-frankfurt-0001", "replication-server-frankfurt-0002", "short"]);
});

test("the part that is left out moves to where the names are the same", () => {
  const names = ["aaaaaaaaaa-1-bbbbbbbbbbbbbbbbbbbb:3306", "aaaaaaaaaa-2-bbbbbbbbbbbbbbbbbbbb:3306"];
  const short = names.map((name) => namingOf(names, "")(name, 16));
  assert.equal(new Set(short).size, 2);
  for (const one of short) assert.ok([...one].length === 16 && one.includes("…"), one);
});

test("names that differ in too many places are not shortened", () => {
  const names = [..."0123456789"].map((one) => `${one}xxxxxxxxx${one}xxxxxxxxx${one}:3306`);
  names.push("0xxxxxxxxx1xxxxxxxxx0:3306");
  const naming = namingOf(names, "");
  assert.equal(new Set(names.map((name) => naming(name, 12))).size, names.length);
});

test("characters of several code units are not cut", () => {
  const naming = namingOf(["😀😀😀😀😀😀😀😀😀a:1", "b:2"], "");
  assert.equal(naming("😀😀😀😀😀😀😀😀😀a:1", 5), "😀😀…:1");
});

test("no name becomes empty", () => {
  assert.deepEqual(named([".example:3306", "db.example:3306"]), [".example", "db.example"]);
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
