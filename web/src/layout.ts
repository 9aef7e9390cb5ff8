// Where the nodes of a topology are drawn, and which nodes are drawn at all.

import { hierarchy, tree as treeLayout } from "d3-hierarchy";
import type { TreeNode } from "./tree";

export const cardWidth = 260;
export const cardHeight = 66;
const columnWidth = 320;
const rowHeight = 80;

export interface Place {
  id: string;
  node: TreeNode;
  // The middle of the left edge of its card.
  x: number;
  y: number;
}

export interface Link {
  id: string;
  path: string;
  isDashed: boolean;
  // Part of a ring of three or more, from a master to its replica.
  isRing: boolean;
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Drawing {
  places: Place[];
  links: Link[];
  bounds: Rectangle;
}

function curve(from: Place, to: Place): string {
  const left = from.x + cardWidth;
  const middle = (left + to.x) / 2;
  return `M${left},${from.y}C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`;
}

function linkOf(from: Place, to: Place): Link {
  const [one, other] = [from.node.instance?.DataCenter, to.node.instance?.DataCenter];
  return {
    id: to.id,
    path: curve(from, to),
    // A link between two different known data centres.
    isDashed: Boolean(one && other) && one !== other,
    isRing: false,
    top: Math.min(from.y, to.y),
    bottom: Math.max(from.y, to.y),
    left: from.x,
    right: to.x,
  };
}

// Draws the tree from left to right. Co-masters are drawn below each other and linked; so are the members of a
// larger ring, with a link from the last back to the first.
export function drawingOf(root: TreeNode, collapsed: ReadonlySet<string>): Drawing {
  const laidOut = treeLayout<TreeNode>()
    .nodeSize([rowHeight, columnWidth])
    .separation(() => 1)(hierarchy(root, (node) => (collapsed.has(node.id) ? [] : node.children)));
  const shift = root.kind === "root" ? columnWidth : 0;
  const places: Place[] = [];
  const links: Link[] = [];
  const byId = new Map<string, Place>();
  laidOut.each((one) => {
    if (one.data.kind === "root") return;
    const place = { id: one.data.id, node: one.data, x: one.y - shift, y: one.x };
    places.push(place);
    byId.set(place.id, place);
    const from = one.parent ? byId.get(one.parent.data.id) : undefined;
    if (from) links.push(linkOf(from, place));
  });
  const ring = places.filter((place) => place.node.ring).sort((a, b) => a.node.ring!.place - b.node.ring!.place);
  for (let index = 1; index < ring.length; index++) links.push(leftOf(ring[index - 1]!, ring[index]!, narrow));
  const bounds = boundsOf(places);
  if (ring.length > 2) {
    for (const link of links.slice(-(ring.length - 1))) link.isRing = true;
    links.push({ ...leftOf(ring[ring.length - 1]!, ring[0]!, wide), isRing: true });
    bounds.left -= wide;
  }
  return { places, links, bounds };
}

// How much a link extends to the left of the cards that it connects, in pixels.
const narrow = 36;
const wide = 72;

function leftOf(from: Place, to: Place, most: number): Link {
  const out = -Math.min(most, Math.abs(from.y - to.y) / 3);
  return {
    ...linkOf(from, to),
    id: `${to.id} co-master`,
    path: `M${from.x},${from.y}C${from.x + out},${from.y} ${to.x + out},${to.y} ${to.x},${to.y}`,
  };
}

function boundsOf(places: Place[]): Rectangle {
  if (places.length === 0) return { left: 0, top: 0, right: cardWidth, bottom: cardHeight };
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of places) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x + cardWidth);
    bounds.top = Math.min(bounds.top, y - cardHeight / 2);
    bounds.bottom = Math.max(bounds.bottom, y + cardHeight / 2);
  }
  return bounds;
}

export interface View {
  x: number;
  y: number;
  k: number;
}

// Shows the whole drawing if it stays legible, else its left edge with the root in the middle.
export function firstView(bounds: Rectangle, rootY: number, width: number, height: number): View {
  const margin = 24;
  const room = Math.min(
    (width - 2 * margin) / (bounds.right - bounds.left),
    (height - 2 * margin) / (bounds.bottom - bounds.top),
  );
  const k = Math.min(1, Math.max(0.7, room));
  if (room >= k) {
    return { x: margin - bounds.left * k, y: height / 2 - ((bounds.top + bounds.bottom) / 2) * k, k };
  }
  return { x: margin - bounds.left * k, y: height / 2 - rootY * k, k };
}

export function fittingView(bounds: Rectangle, width: number, height: number, least: number): View {
  const room = Math.min((width - 32) / (bounds.right - bounds.left), (height - 32) / (bounds.bottom - bounds.top));
  const k = Math.min(1, Math.max(least, room));
  return {
    x: width / 2 - ((bounds.left + bounds.right) / 2) * k,
    y: height / 2 - ((bounds.top + bounds.bottom) / 2) * k,
    k,
  };
}

// The visible area, widened by half a screen and rounded to a grid: while the view moves within a grid field,
// nothing is redrawn.
export function drawnRectangle(view: View, width: number, height: number): Rectangle {
  const grid = 256;
  const [w, h] = [width / view.k, height / view.k];
  const [x, y] = [-view.x / view.k, -view.y / view.k];
  return {
    left: Math.floor((x - w / 2) / grid) * grid,
    top: Math.floor((y - h / 2) / grid) * grid,
    right: Math.ceil((x + w * 1.5) / grid) * grid,
    bottom: Math.ceil((y + h * 1.5) / grid) * grid,
  };
}

export const sameRectangle = (a: Rectangle, b: Rectangle): boolean =>
  a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;

export const isDrawn = (place: Place, within: Rectangle): boolean =>
  place.x + cardWidth >= within.left &&
  place.x <= within.right &&
  place.y + cardHeight / 2 >= within.top &&
  place.y - cardHeight / 2 <= within.bottom;

export const isLinkDrawn = (link: Link, within: Rectangle): boolean =>
  link.right >= within.left && link.left <= within.right && link.bottom >= within.top && link.top <= within.bottom;
