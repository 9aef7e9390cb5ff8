import assert from "node:assert/strict";
import { test } from "node:test";
import { instances, load } from "./modules.mjs";

const { rootsOf, stepFrom, treeOf, visibleNodes } = await load("tree");

const nameOf = (id) => id.replaceAll(":3306", "").trim();
// As text, "a(b(c)d)".
const shape = (nodes) =>
  nodes.map(({ id, children }) => nameOf(id) + (children.length > 0 ? `(${shape(children)})` : "")).join(" ");

test("a tree of three levels", () => {
  assert.equal(shape(rootsOf(instances("d < a", "c < b", "b < a", "a"))), "a(b(c) d)");
});

test("db2 comes before db10", () => {
  assert.equal(shape(rootsOf(instances("db10 < a", "db2 < a", "a"))), "a(db2 db10)");
});

test("replicas of a master that is not known are roots", () => {
  assert.equal(shape(rootsOf(instances("c < b", "b < gone", "d < gone"))), "b(c) d");
});

test("co-masters stand side by side below a root that is not shown, each once", () => {
  const tree = treeOf(instances("b < a", "a < b", "c < b"), false);
  assert.equal(tree.kind, "root");
  assert.equal(shape(tree.children), "a b(c)");
  assert.deepEqual(tree.children.map((one) => one.isCoMaster), [true, true]);
  assert.deepEqual(visibleNodes(tree, new Set()).map((one) => nameOf(one.node.id)), ["a", "b", "c"]);
});

test("a ring of three with a tail", () => {
  assert.equal(shape(rootsOf(instances("c < b", "b < a", "a < c", "z < c"))), "a b c(z)");
});

test("an instance that is its own master is there once, and no co-master", () => {
  const roots = rootsOf(instances("a < a"));
  assert.equal(shape(roots), "a");
  assert.equal(roots[0].isCoMaster, false);
});

test("a long chain below a wide cluster is there whole", () => {
  const chain = Array.from({ length: 500 }, (_, i) => (i === 0 ? "n0 < a" : `n${i} < n${i - 1}`));
  const wide = Array.from({ length: 10_000 }, (_, i) => `w${i} < a`);
  assert.equal(visibleNodes(treeOf(instances("a", ...chain, ...wide), false), new Set()).length, 10_501);
});

test("compact: replicas without replicas are one, until they are opened", () => {
  const all = instances("a", "b < a", "c < a", "d < a", "e < d");
  const compact = treeOf(all, true);
  assert.equal(shape(compact.children), "d(e) a aggregation");
  assert.deepEqual(compact.children[1].members.map((one) => one.Key.Hostname), ["b", "c"]);
  const opened = treeOf(all, true, new Set([compact.children[1].id]));
  assert.equal(shape([opened]), "a(b c d(e))");
});

test("compact: a single replica without replicas stays as it is", () => {
  assert.equal(shape([treeOf(instances("a", "b < a", "c < a", "d < c"), true)]), "a(b c(d))");
});

test("what is collapsed hides what is below it, and says that it is", () => {
  const tree = treeOf(instances("a", "b < a", "c < b", "d < a"), false);
  const visible = visibleNodes(tree, new Set(["b:3306"]));
  assert.deepEqual(visible.map((one) => nameOf(one.node.id)), ["a", "b", "d"]);
  assert.equal(visible[1].isCollapsed, true);
  assert.deepEqual([visible[2].level, visible[2].position, visible[2].siblings], [2, 2, 2]);
});

test("arrow keys go through the tree as trees do everywhere", () => {
  const tree = treeOf(instances("a", "b < a", "c < b", "d < a"), false);
  const all = visibleNodes(tree, new Set());
  const step = (id, direction, visible = all) => stepFrom(visible, `${id}:3306`, direction);
  assert.deepEqual(step("a", "down"), { focus: "b:3306" });
  assert.deepEqual(step("b", "up"), { focus: "a:3306" });
  assert.equal(step("a", "up"), undefined);
  assert.deepEqual(step("a", "end"), { focus: "d:3306" });
  assert.deepEqual(step("d", "home"), { focus: "a:3306" });
  assert.deepEqual(step("b", "right"), { focus: "c:3306" });
  assert.deepEqual(step("b", "left"), { collapse: "b:3306" });
  assert.deepEqual(step("c", "left"), { focus: "b:3306" });
  const closed = visibleNodes(tree, new Set(["b:3306"]));
  assert.deepEqual(step("b", "right", closed), { expand: "b:3306" });
  assert.deepEqual(step("gone", "down"), { focus: "a:3306" });
});
