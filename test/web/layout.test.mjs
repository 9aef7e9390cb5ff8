// Where the nodes of a topology are drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { instance, instances, load } from "./modules.mjs";

const layout = await load("layout");
const { cardHeight, cardWidth, drawingOf, drawnRectangle, firstView, fittingView, isDrawn, isLinkDrawn, sameRectangle } = layout;
const { treeOf } = await load("tree");

const draw = (all, collapsed = [], compact = false) =>
  drawingOf(treeOf(all, compact), new Set(collapsed.map((name) => `${name}:3306`)));
const drawn = (...words) => draw(instances(...words));
const names = (drawing) => drawing.places.map((place) => place.node.instance?.Key.Hostname ?? place.node.kind).sort().join(" ");
const placeOf = (drawing, name) => drawing.places.find((place) => place.id === `${name}:3306`);
const linkOf = (drawing, name) => drawing.links.find((link) => link.id === `${name}:3306`);

// A tree of `count` instances, each with up to four replicas.
const many = (count) =>
  Array.from({ length: count }, (_, n) => instance(n === 0 ? "n0" : `n${n} < n${Math.floor((n - 1) / 4)}`));

test("no two cards overlap", () => {
  const { places } = draw(many(120));
  assert.equal(places.length, 120);
  for (const [index, a] of places.entries()) {
    for (const b of places.slice(index + 1)) {
      assert.ok(Math.abs(a.x - b.x) >= cardWidth || Math.abs(a.y - b.y) >= cardHeight, `${a.id} and ${b.id}`);
    }
  }
});

test("replicas are drawn right of their master, and the master at their vertical middle", () => {
  const drawing = drawn("a", "b < a", "c < a", "d < c");
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => placeOf(drawing, name));
  assert.ok(b.x >= a.x + cardWidth && d.x >= c.x + cardWidth);
  assert.equal(b.x, c.x);
  assert.equal(a.y, (b.y + c.y) / 2);
  assert.ok(b.y < c.y);
});

test("every replica is linked with its master: from the master's right edge to the replica's left edge", () => {
  const drawing = drawn("a", "b < a", "c < a");
  assert.deepEqual(drawing.links.map((link) => link.id).sort(), ["b:3306", "c:3306"]);
  const [a, b] = ["a", "b"].map((name) => placeOf(drawing, name));
  const { path } = linkOf(drawing, "b");
  assert.ok(path.startsWith(`M${a.x + cardWidth},${a.y}C`), path);
  assert.ok(path.endsWith(` ${b.x},${b.y}`), path);
});

test("collapsed nodes are not drawn", () => {
  const all = instances("a", "b < a", "c < b", "d < c", "e < a");
  const drawing = draw(all, ["b"]);
  assert.equal(names(drawing), "a b e");
  assert.deepEqual(drawing.links.map((link) => link.id).sort(), ["b:3306", "e:3306"]);
});

test("an aggregation is drawn as one card", () => {
  const drawing = draw(instances("a", "b < a", "c < a"), [], true);
  assert.equal(names(drawing), "a aggregation");
  assert.equal(drawing.links.length, 1);
});

test("co-masters are drawn below each other at the left edge, with one link; the invisible root is not drawn", () => {
  const drawing = drawn("a < b", "b < a", "c < b");
  const [a, b, c] = ["a", "b", "c"].map((name) => placeOf(drawing, name));
  assert.equal(names(drawing), "a b c");
  assert.deepEqual([a.x, b.x], [0, 0]);
  assert.ok(b.y - a.y >= cardHeight && c.x >= cardWidth);
  assert.deepEqual(drawing.links.map((link) => link.id).sort(), ["b:3306 co-master", "c:3306"]);
});

test("a single master is drawn at the left edge, like co-masters", () => {
  assert.equal(placeOf(drawn("a", "b < a"), "a").x, 0);
});

test("a ring of three has three links, each from a master to its replica, with the last back to the first", () => {
  const drawing = drawn("a < c", "b < a", "c < b");
  const ids = drawing.links.map((link) => link.id).sort();
  assert.deepEqual(ids, ["a:3306 co-master", "b:3306 co-master", "c:3306 co-master"]);
  assert.ok(drawing.links.every((link) => link.isRing));
  const [a, c] = ["a", "c"].map((name) => placeOf(drawing, name));
  const back = drawing.links.find((link) => link.id === "a:3306 co-master").path;
  assert.ok(back.startsWith(`M${c.x},${c.y}C`) && back.endsWith(` ${a.x},${a.y}`));
  assert.ok(drawing.bounds.left < 0);
  assert.ok(drawn("a < b", "b < a").links.every((link) => !link.isRing));
});

test("links between data centres are dashed, links within a data centre are not", () => {
  const drawing = draw([
    instance("a", { DataCenter: "east" }), instance("b < a", { DataCenter: "east" }), instance("c < a", { DataCenter: "west" }),
  ]);
  assert.deepEqual([linkOf(drawing, "b").isDashed, linkOf(drawing, "c").isDashed], [false, true]);
});

test("links from or to an unknown data centre are not dashed", () => {
  const drawing = draw([instance("a", { DataCenter: "east" }), instance("b < a"), instance("c < b", { DataCenter: "west" })]);
  assert.deepEqual(drawing.links.map((link) => link.isDashed), [false, false]);
});

test("the bounds enclose all cards exactly", () => {
  const { places, bounds } = draw(many(30));
  assert.equal(bounds.left, Math.min(...places.map(({ x }) => x)));
  assert.equal(bounds.right, Math.max(...places.map(({ x }) => x)) + cardWidth);
  assert.equal(bounds.top, Math.min(...places.map(({ y }) => y)) - cardHeight / 2);
  assert.equal(bounds.bottom, Math.max(...places.map(({ y }) => y)) + cardHeight / 2);
});

test("without instances, the drawing is empty with valid bounds", () => {
  const { places, links, bounds } = draw([]);
  assert.deepEqual([places, links], [[], []]);
  assert.deepEqual(bounds, { left: 0, top: 0, right: cardWidth, bottom: cardHeight });
});

// The screen position of a point of the drawing.
const onScreen = (view, x, y) => [x * view.k + view.x, y * view.k + view.y];

function assertShows(view, bounds, width, height) {
  const [left, top] = onScreen(view, bounds.left, bounds.top);
  const [right, bottom] = onScreen(view, bounds.right, bounds.bottom);
  const text = `${left},${top} to ${right},${bottom}`;
  assert.ok(left >= 0 && top >= 0 && right <= width && bottom <= height, text);
}

test("first view: a small topology is shown whole, not enlarged, vertically centred", () => {
  const { bounds } = drawn("a", "b < a", "c < a", "d < a");
  const view = firstView(bounds, 0, 1200, 800);
  assert.equal(view.k, 1);
  assertShows(view, bounds, 1200, 800);
  assert.equal(onScreen(view, 0, (bounds.top + bounds.bottom) / 2)[1], 400);
});

test("first view: a slightly too large topology is shrunk to fit", () => {
  const bounds = { left: 0, top: -50, right: 1400, bottom: 850 };
  const view = firstView(bounds, 400, 1200, 800);
  assert.ok(view.k > 0.7 && view.k < 1);
  assertShows(view, bounds, 1200, 800);
});

test("first view: a far too large topology shows its root, legible, at the left and vertically centred", () => {
  const bounds = { left: 0, top: -5000, right: 1400, bottom: 9000 };
  const view = firstView(bounds, 2000, 1200, 800);
  assert.equal(view.k, 0.7);
  const [x, y] = onScreen(view, 0, 2000);
  assert.ok(x > 0 && x < 100);
  assert.equal(y, 400);
});

test("fit: the whole drawing is shown in the middle, never enlarged", () => {
  const wide = { left: 0, top: 0, right: 4000, bottom: 500 };
  const view = fittingView(wide, 1200, 800, 0.05);
  assertShows(view, wide, 1200, 800);
  assert.deepEqual(onScreen(view, 2000, 250).map(Math.round), [600, 400]);
  assert.equal(fittingView({ left: 0, top: 0, right: 10, bottom: 10 }, 1200, 800, 0.05).k, 1);
});

test("fit: never below the minimum zoom", () => {
  assert.equal(fittingView({ left: 0, top: 0, right: 1e6, bottom: 10 }, 1200, 800, 0.05).k, 0.05);
});

test("the visible area and a margin around it are drawn, at any zoom", () => {
  for (const view of [{ x: 0, y: 0, k: 1 }, { x: -5000, y: 731, k: 0.3 }, { x: 17, y: -90, k: 2.5 }]) {
    const within = drawnRectangle(view, 1200, 800);
    const [left, top] = onScreen(view, within.left, within.top);
    const [right, bottom] = onScreen(view, within.right, within.bottom);
    assert.ok(left <= -600 && top <= -400 && right >= 1800 && bottom >= 1200, `${left} ${top} ${right} ${bottom}`);
  }
});

test("a small move of the view redraws nothing, a large move does", () => {
  const from = drawnRectangle({ x: -100, y: -100, k: 1 }, 1200, 800);
  assert.ok(sameRectangle(from, drawnRectangle({ x: -101, y: -101, k: 1 }, 1200, 800)));
  assert.ok(!sameRectangle(from, drawnRectangle({ x: -700, y: -100, k: 1 }, 1200, 800)));
  assert.ok(!sameRectangle(from, drawnRectangle({ x: -100, y: -700, k: 1 }, 1200, 800)));
});

test("cards are drawn only if a part of them is visible", () => {
  const within = { left: 1000, top: 1000, right: 2000, bottom: 2000 };
  const at = (x, y) => isDrawn({ x, y }, within);
  assert.ok(at(1500, 1500));
  assert.ok(at(1001 - cardWidth, 1500) && !at(999 - cardWidth, 1500));
  assert.ok(at(1999, 1500) && !at(2001, 1500));
  assert.ok(at(1500, 1001 - cardHeight / 2) && !at(1500, 999 - cardHeight / 2));
  assert.ok(at(1500, 1999 + cardHeight / 2) && !at(1500, 2001 + cardHeight / 2));
});

test("links that cross the visible area are drawn even if both ends are outside", () => {
  const within = { left: 400, top: 0, right: 500, bottom: 100 };
  assert.ok(isLinkDrawn({ left: 0, right: 900, top: -5000, bottom: 5000 }, within));
  assert.ok(!isLinkDrawn({ left: 0, right: 900, top: 200, bottom: 5000 }, within));
  assert.ok(!isLinkDrawn({ left: 0, right: 300, top: -50, bottom: 50 }, within));
});

test("a thousand instances: only cards near the view are drawn", () => {
  const { places, bounds } = draw(many(1000));
  const within = drawnRectangle(firstView(bounds, places[0].y, 1200, 800), 1200, 800);
  const count = places.filter((place) => isDrawn(place, within)).length;
  assert.ok(count > 0 && count < 200, `${count}`);
});
