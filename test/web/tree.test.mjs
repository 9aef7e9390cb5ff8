// The trees that the web page draws. ORCHESTRATOR_WEB_TREE names the module, compiled from web/src/tree.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const { trees } = await import(pathToFileURL(process.env.ORCHESTRATOR_WEB_TREE));

const key = (name) => ({ Hostname: name, Port: name === "" ? 0 : 3306 });

// "b < a": b replicates from a; "a": a master.
const instances = (...words) =>
  words.map((word) => {
    const [name, master = ""] = word.split(" < ");
    return { Key: key(name), MasterKey: key(master) };
  });

// As text, "a(b(c)d)".
const shape = (nodes) =>
  nodes
    .map(({ instance, replicas }) => instance.Key.Hostname + (replicas.length > 0 ? `(${shape(replicas)})` : ""))
    .join(" ");

test("a tree of three levels", () => {
  assert.equal(shape(trees(instances("d < a", "c < b", "b < a", "a"))), "a(b(c) d)");
});

test("replicas of a master that is not known are roots", () => {
  assert.equal(shape(trees(instances("c < b", "b < gone", "d < gone"))), "b(c) d");
});

test("co-masters: each instance is there once", () => {
  assert.equal(shape(trees(instances("b < a", "a < b", "c < b"))), "a(b(c))");
});

test("a ring of three with a tail", () => {
  assert.equal(shape(trees(instances("c < b", "b < a", "a < c", "z < c"))), "a(b(c(z)))");
});

test("an instance that is its own master", () => {
  assert.equal(shape(trees(instances("a < a"))), "a");
});

test("nothing", () => {
  assert.deepEqual(trees([]), []);
});

test("the list that was given is left alone", () => {
  const given = instances("b < a", "a");
  trees(given);
  assert.deepEqual(given.map((instance) => instance.Key.Hostname), ["b", "a"]);
});
