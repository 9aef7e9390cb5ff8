// The trees that a topology is drawn from, and keyboard navigation in them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instances, load } from "./modules.mjs";

const { rootsOf, stepFrom, treeOf, visibleNodes } = await load("tree");

const short = (id) => id.replace(":3306", "");

// As text, "a(b(c) d)"; co-masters as "a=", an aggregation as "[c d]", the invisible root as "*".
function shape(node) {
  const names = {
    root: "*",
    aggregation: `[${(node.members ?? []).map((one) => one.Key.Hostname).join(" ")}]`,
    instance: `${node.instance?.Key.Hostname}${node.ring ? "=" : ""}`,
  };
  return names[node.kind] + (node.children.length > 0 ? `(${node.children.map(shape).join(" ")})` : "");
}

const treeText = (words, compact = false, opened = new Set()) => shape(treeOf(instances(...words), compact, opened));

const listed = (visible) => visible.map(({ node, level }) => `${"-".repeat(level)}${short(node.id)}`).join(" ");

const walkable = (words, ...collapsed) =>
  visibleNodes(treeOf(instances(...words), false), new Set(collapsed.map((name) => `${name}:3306`)));

test("a tree of three levels", () => {
  assert.equal(treeText(["d < a", "c < b", "b < a", "a"]), "a(b(c) d)");
});

test("siblings are ordered by name, db2 before db10", () => {
  assert.equal(treeText(["db10 < a", "db2 < a", "a", "db1 < a"]), "a(db1 db2 db10)");
});

test("replicas of an unknown master are roots", () => {
  assert.equal(treeText(["c < b", "b < gone", "d < gone"]), "*(b(c) d)");
});

test("co-masters: each appears once, as siblings below an invisible root", () => {
  assert.equal(treeText(["b < a", "a < b", "c < b"]), "*(a= b=(c))");
});

test("co-masters come before other roots", () => {
  assert.equal(treeText(["a < gone", "m < n", "n < m"]), "*(m= n= a)");
});

test("a ring of three with a tail", () => {
  assert.equal(treeText(["c < b", "b < a", "a < c", "z < c", "y < z"]), "*(a= b= c=(z(y)))");
  assert.equal(treeText(["b < c", "c < a", "a < b"]), "*(a= c= b=)");
  const places = rootsOf(instances("b < c", "c < a", "a < b")).map((node) => [short(node.id), node.ring]);
  assert.deepEqual(Object.fromEntries(places), {
    a: { place: 1, size: 3 }, c: { place: 2, size: 3 }, b: { place: 3, size: 3 },
  });
});

test("a tail visited before its ring is not part of the ring", () => {
  assert.equal(treeText(["a < b", "b < x", "x < y", "y < x"]), "*(x=(b(a)) y=)");
});

test("an instance that is its own master is a root and no co-master", () => {
  assert.equal(treeText(["a < a", "b < a"]), "a(b)");
});

test("instances on one host are distinguished by their ports", () => {
  const [master, replica] = instances("a", "a");
  replica.Key.Port = 3307;
  replica.MasterKey = master.Key;
  const root = treeOf([replica, master], false);
  assert.deepEqual([root.id, root.children[0].id], ["a:3306", "a:3307"]);
});

test("no instances: nothing is drawn", () => {
  assert.deepEqual(rootsOf([]), []);
  assert.deepEqual(visibleNodes(treeOf([], true), new Set()), []);
});

test("the list passed in is not modified", () => {
  const given = instances("b < a", "a");
  treeOf(given, true);
  assert.deepEqual(given.map((one) => one.Key.Hostname), ["b", "a"]);
});

test("compact: several leaf replicas are aggregated, after replicas with replicas", () => {
  assert.equal(treeText(["a", "b < a", "c < a", "d < a", "e < d"], true), "a(d(e) [b c])");
});

test("compact: a single leaf replica is not aggregated", () => {
  assert.equal(treeText(["a", "b < a", "c < a", "e < c"], true), "a(b c(e))");
});

test("compact: aggregates on every level, and below each co-master", () => {
  assert.equal(treeText(["a < b", "b < a", "c < b", "d < b", "e < d", "f < d"], true), "*(a= b=(c d([e f])))");
});

test("compact: co-masters and other roots are never aggregated", () => {
  assert.equal(treeText(["a < b", "b < a", "x < gone", "y < gone"], true), "*(a= b= x y)");
});

test("compact: an opened aggregation shows its members, other aggregations stay closed", () => {
  const words = ["a", "b < a", "c < a", "d < a", "e < d", "f < d"];
  const closed = treeOf(instances(...words), true);
  const aggregation = closed.children.find((node) => node.kind === "aggregation");
  assert.equal(shape(closed), "a(d([e f]) [b c])");
  assert.equal(treeText(words, true, new Set([aggregation.id])), "a(b c d([e f]))");
});

test("without compact, all instances are shown, even if aggregations were opened before", () => {
  assert.equal(treeText(["a", "b < a", "c < a"], false, new Set(["a:3306 aggregation"])), "a(b c)");
});

test("all nodes are listed in reading order, with their levels and parents", () => {
  const visible = walkable(["a", "b < a", "c < b", "d < a"]);
  assert.equal(listed(visible), "-a --b ---c --d");
  assert.deepEqual(visible.map((one) => one.parent && short(one.parent)), [undefined, "a", "b", "a"]);
});

test("nodes have their position among siblings, for screen readers", () => {
  const visible = walkable(["a", "b < a", "c < b", "d < a"]);
  assert.deepEqual(visible.map((one) => `${one.position}/${one.siblings}`), ["1/1", "1/2", "1/1", "2/2"]);
});

test("the invisible root is not listed, and co-masters are on the first level", () => {
  const visible = walkable(["a < b", "b < a", "c < b"]);
  assert.equal(listed(visible), "-a -b --c");
  assert.deepEqual(visible.map((one) => one.parent), [undefined, undefined, "b:3306"]);
});

test("collapse: all descendants are hidden, siblings are not", () => {
  const visible = walkable(["a", "b < a", "c < b", "d < c", "e < a"], "b");
  assert.equal(listed(visible), "-a --b --e");
  assert.deepEqual(visible.map((one) => one.isCollapsed), [false, true, false]);
});

test("collapse: an inner collapsed node stays collapsed when the outer node is expanded", () => {
  const words = ["a", "b < a", "c < b", "d < c"];
  assert.equal(listed(walkable(words, "b", "c")), "-a --b");
  assert.equal(listed(walkable(words, "c")), "-a --b ---c");
});

test("collapse: an instance without replicas is not collapsed", () => {
  assert.equal(walkable(["a", "b < a"], "b")[1].isCollapsed, false);
});

const steps = ["a", "b < a", "c < b", "d < a"];
const step = (visible, name, pressed) => stepFrom(visible, `${name}:3306`, pressed);

test("keys up and down go through the visible nodes, and stop at the ends", () => {
  const visible = walkable(steps);
  assert.deepEqual(step(visible, "c", "down"), { focus: "d:3306" });
  assert.deepEqual(step(visible, "d", "up"), { focus: "c:3306" });
  assert.equal(step(visible, "a", "up"), undefined);
  assert.equal(step(visible, "d", "down"), undefined);
});

test("key down skips collapsed nodes", () => {
  assert.deepEqual(step(walkable(steps, "b"), "b", "down"), { focus: "d:3306" });
});

test("keys Home and End go to the first and last visible node", () => {
  const visible = walkable(["a", "b < a", "c < b"], "b");
  assert.deepEqual(step(visible, "b", "home"), { focus: "a:3306" });
  assert.deepEqual(step(visible, "a", "end"), { focus: "b:3306" });
});

test("key left collapses an expanded node, then goes to its parent", () => {
  assert.deepEqual(step(walkable(steps), "b", "left"), { collapse: "b:3306" });
  assert.deepEqual(step(walkable(steps, "b"), "b", "left"), { focus: "a:3306" });
  assert.deepEqual(step(walkable(steps), "c", "left"), { focus: "b:3306" });
});

test("key left at a collapsed or childless root does nothing", () => {
  assert.equal(step(walkable(steps, "a"), "a", "left"), undefined);
  assert.equal(step(walkable(["a < b", "b < a"]), "b", "left"), undefined);
});

test("key right expands a collapsed node, then goes to its first replica", () => {
  assert.deepEqual(step(walkable(steps, "b"), "b", "right"), { expand: "b:3306" });
  assert.deepEqual(step(walkable(steps), "a", "right"), { focus: "b:3306" });
  assert.equal(step(walkable(steps), "c", "right"), undefined);
});

test("keys work at an aggregation", () => {
  const visible = visibleNodes(treeOf(instances("a", "b < a", "c < a"), true), new Set());
  const { id } = visible[1].node;
  assert.deepEqual(stepFrom(visible, id, "left"), { focus: "a:3306" });
  assert.equal(stepFrom(visible, id, "right"), undefined);
});

test("from a removed node, any key goes to the first node; without nodes, keys do nothing", () => {
  assert.deepEqual(step(walkable(steps), "gone", "down"), { focus: "a:3306" });
  assert.equal(stepFrom([], "a:3306", "down"), undefined);
});
