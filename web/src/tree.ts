// Builds the trees that the topology is drawn from, from the flat list of a cluster's instances.

import { type Instance, keyText } from "./requests";
import { compareNames } from "./model";

// A position in a ring of masters, from 1: each master replicates from the previous one, and the first from the
// last. The members of a ring of two are co-masters.
export interface RingPlace {
  place: number;
  size: number;
}

export interface TreeNode {
  // "host:port" for an instance; other nodes have an id that no instance can have.
  id: string;
  kind: "instance" | "aggregation" | "root";
  instance?: Instance;
  // The instances that an aggregation represents.
  members?: Instance[];
  ring?: RingPlace | undefined;
  children: TreeNode[];
}

const virtualRoot = (children: TreeNode[]): TreeNode => ({ id: " root", kind: "root", children });

function leafNode(instance: Instance, ring: RingPlace | undefined): TreeNode {
  return { id: keyText(instance.Key), kind: "instance", instance, ring, children: [] };
}

// Instances whose master is not in the list are roots. All members of a ring are roots, so that every instance is in
// the result exactly once.
export function rootsOf(instances: readonly Instance[]): TreeNode[] {
  const byName = new Map<string, Instance>();
  for (const instance of [...instances].sort((a, b) => compareNames(keyText(a.Key), keyText(b.Key)))) {
    byName.set(keyText(instance.Key), instance);
  }
  const rings = ringsOf(byName);
  const nodes = new Map([...byName].map(([name, instance]) => [name, leafNode(instance, rings.get(name))]));
  const roots: TreeNode[] = [];
  for (const [name, node] of nodes) {
    const master = nodes.get(keyText(byName.get(name)!.MasterKey));
    if (master && master !== node && !rings.has(name)) master.children.push(node);
    else roots.push(node);
  }
  return roots;
}

function ringsOf(byName: ReadonlyMap<string, Instance>): Map<string, RingPlace> {
  const rings = new Map<string, RingPlace>();
  const done = new Set<string>();
  for (const start of byName.keys()) {
    const way: string[] = [];
    let name: string | undefined = start;
    while (name !== undefined && byName.has(name) && !done.has(name)) {
      done.add(name);
      way.push(name);
      name = keyText(byName.get(name)!.MasterKey);
    }
    const begin = name === undefined ? -1 : way.indexOf(name);
    // An instance that is its own master is not a ring.
    if (begin < 0 || way.length - begin < 2) continue;
    const ring = downwards(way.slice(begin), byName);
    ring.forEach((member, index) => rings.set(member, { place: index + 1, size: ring.length }));
  }
  return rings;
}

// Reverses `way`, which goes from replica to master. The ring begins with the member that the cluster is named after,
// else with the first by name.
function downwards(way: readonly string[], byName: ReadonlyMap<string, Instance>): string[] {
  const ring = [...way].reverse();
  const named = ring.find((name) => byName.get(name)!.ClusterName === name);
  const begin = ring.indexOf(named ?? [...ring].sort(compareNames)[0]!);
  return [...ring.slice(begin), ...ring.slice(0, begin)];
}

// One tree: several roots are put below a root that is not shown.
export function treeOf(
  instances: readonly Instance[],
  compact: boolean,
  opened: ReadonlySet<string> = new Set(),
): TreeNode {
  let roots = rootsOf(instances);
  if (compact) for (const root of roots) aggregate(root, opened);
  if (roots.length === 1 && roots[0]) return roots[0];
  roots = roots.sort((a, b) => (a.ring?.place ?? Infinity) - (b.ring?.place ?? Infinity) || 0);
  return virtualRoot(roots);
}

// Combines several leaf replicas of a node into one aggregation, unless that aggregation was opened.
function aggregate(node: TreeNode, opened: ReadonlySet<string>): void {
  for (const child of node.children) aggregate(child, opened);
  const id = `${node.id} aggregation`;
  const childless = node.children.filter((child) => child.children.length === 0);
  if (childless.length < 2 || opened.has(id)) return;
  const members = childless.flatMap((child) => (child.instance ? [child.instance] : []));
  node.children = node.children.filter((child) => child.children.length > 0);
  node.children.push({ id, kind: "aggregation", members, children: [] });
}

export interface VisibleNode {
  node: TreeNode;
  parent: string | undefined;
  level: number;
  position: number;  // among its siblings, from 1
  siblings: number;
  isCollapsed: boolean;
}

// The visible nodes in reading order, without the invisible root.
export function visibleNodes(root: TreeNode, collapsed: ReadonlySet<string>): VisibleNode[] {
  const found: VisibleNode[] = [];
  const walk = (nodes: TreeNode[], parent: string | undefined, level: number): void => {
    nodes.forEach((node, index) => {
      const isCollapsed = node.children.length > 0 && collapsed.has(node.id);
      found.push({ node, parent, level, position: index + 1, siblings: nodes.length, isCollapsed });
      if (!isCollapsed) walk(node.children, node.id, level + 1);
    });
  };
  walk(root.kind === "root" ? root.children : [root], undefined, 1);
  return found;
}

export type TreeKey = "up" | "down" | "left" | "right" | "home" | "end";
export type TreeStep = { focus: string } | { collapse: string } | { expand: string } | undefined;

// What a key does at a node, as usual in trees: left collapses or goes to the parent, right expands or goes to the
// first child.
export function stepFrom(visible: readonly VisibleNode[], id: string, key: TreeKey): TreeStep {
  const index = visible.findIndex((one) => one.node.id === id);
  const here = visible[index];
  const at = (place: number): TreeStep => {
    const there = visible[place];
    return there ? { focus: there.node.id } : undefined;
  };
  if (!here) return at(0);
  switch (key) {
    case "up": return at(index - 1);
    case "down": return at(index + 1);
    case "home": return at(0);
    case "end": return at(visible.length - 1);
    case "left":
      if (here.node.children.length > 0 && !here.isCollapsed) return { collapse: id };
      return here.parent === undefined ? undefined : { focus: here.parent };
    case "right":
      if (here.isCollapsed) return { expand: id };
      return here.node.children[0] ? { focus: here.node.children[0].id } : undefined;
  }
}
