// A node of the tree: an instance, or an aggregation of several leaf replicas.

import type { JSX } from "preact";
import { type Analysis, type Instance, keyText, type Maintenance, type Verdict } from "../requests";
import { openDialog } from "../dialogs";
import { countMarks, countText, markOf } from "../display";
import { cardHeight, cardWidth, type Place } from "../layout";
import type { Naming } from "../names";
import { useShown } from "../shown";
import type { VisibleNode } from "../tree";
import { ProblemBadge } from "./badges";
import { CardContent, cardLabel } from "./instance-card";

// How much of a card is legible at the current zoom.
export type Detail = "near" | "far" | "dots";

// Facts that all cards of a tree share.
export interface TreeFacts {
  instances: Instance[];
  naming: Naming;
  held: ReadonlyMap<string, Maintenance>;
  // The failed masters that cannot be reached.
  failed: ReadonlyMap<string, Analysis>;
  stars: ReadonlySet<string>;
  dataCenters: ReadonlyMap<string, number>;
  areColoured: boolean;
  mayChange: boolean;
}

interface Properties {
  place: Place;
  one: VisibleNode;
  detail: Detail;
  facts: TreeFacts;
  isCurrent: boolean;
  isDragged: boolean;
  verdict: Verdict["Verdict"] | undefined;
  isDraggable: boolean;
  onFocus: () => void;
  onOpen: () => void;
  onToggle: () => void;
  onPress: (event: PointerEvent, instance: Instance) => void;
}

function AggregationContent({ members, facts }: { members: Instance[]; facts: TreeFacts }): JSX.Element {
  const problemCounts = countMarks(members, ({ Key }) => facts.held.has(keyText(Key)));
  return (
    <>
      <div class="card-head aggregation-head">
        <span class="card-title">[aggregation]</span>
        <span class="count" data-aggregated={members.length}>{members.length}</span>
      </div>
      <div class="card-body aggregation-body">
        {problemCounts.length === 0 && <span>{countText(members.length, "replica")}, no problems</span>}
        {problemCounts.map(([problem, count]) => <ProblemBadge key={problem} problem={problem} count={count} />)}
      </div>
    </>
  );
}

function Recover({ name, facts }: { name: string; facts: TreeFacts }): JSX.Element | null {
  const analysis = facts.failed.get(name);
  if (!analysis || !facts.mayChange) return null;
  return (
    <button type="button" class="card-recover" tabIndex={-1} onClick={(event) => {
      event.stopPropagation();
      openDialog({ kind: "recover", analysis });
    }}>
      Recover…
    </button>
  );
}

function Twig({ isCollapsed, title, onToggle }: { isCollapsed: boolean; title: string; onToggle: () => void }): JSX.Element {
  return (
    <button
      type="button"
      class={isCollapsed ? "twig collapsed" : "twig"}
      tabIndex={-1}
      aria-label={`${isCollapsed ? "Expand" : "Collapse"} ${title}`}
      onClick={(event) => {
        event.stopPropagation();
        onToggle();
      }}
    >
      <span aria-hidden="true">{isCollapsed ? "+" : "−"}</span>
    </button>
  );
}

// The colour at the edge of an instance's card or line.
export function dataCenterClass(instance: Instance | undefined, facts: TreeFacts): string {
  const number = facts.areColoured && instance ? facts.dataCenters.get(instance.DataCenter) : undefined;
  return number === undefined ? "" : `dc dc-${number}`;
}

const isOnButton = (event: Event): boolean => event.target instanceof Element && event.target.closest("button") !== null;

export function TreeCard(properties: Properties): JSX.Element {
  const { place, one, detail, facts, isDraggable } = properties;
  const { instance, ring, children, members = [] } = one.node;
  const shown = useShown();
  const held = instance && facts.held.get(place.id);
  const title = instance ? facts.naming(place.id) : `[aggregation] of ${members.length}`;
  const content = instance && {
    instance, naming: facts.naming, held, isStar: facts.stars.has(place.id), ring, isInTree: true,
  };
  return (
    <div
      class={`card tree-card ${instance ? "" : "aggregation"} ${dataCenterClass(instance, facts)}`}
      style={{ left: place.x, top: place.y - cardHeight / 2, width: cardWidth }}
      role="treeitem"
      // A legible card is named by its content.
      aria-label={detail === "near" ? undefined : content ? cardLabel(content, shown) : title}
      aria-level={one.level}
      aria-posinset={one.position}
      aria-setsize={one.siblings}
      aria-expanded={children.length > 0 ? !one.isCollapsed : undefined}
      tabIndex={properties.isCurrent ? 0 : -1}
      data-node={shown.text(place.id)}
      data-instance={instance && shown.name("instance", keyText(instance.Key))}
      data-problem={instance && markOf(instance, held !== undefined)}
      data-draggable={isDraggable ? true : undefined}
      data-dragged={properties.isDragged ? true : undefined}
      data-droppable={properties.verdict}
      onFocus={properties.onFocus}
      onClick={properties.onOpen}
      onPointerDown={(event) => {
        if (instance && isDraggable && !isOnButton(event)) properties.onPress(event, instance);
      }}
    >
      {detail !== "near" && <div class={`card-far trouble-${instance?.Problem || "none"}`}>{detail === "far" && <bdi>{title}</bdi>}</div>}
      {detail === "near" && content && <CardContent {...content} button={<Recover name={place.id} facts={facts} />} />}
      {detail === "near" && !content && <AggregationContent members={members} facts={facts} />}
      {children.length > 0 && <Twig isCollapsed={one.isCollapsed} title={title} onToggle={properties.onToggle} />}
    </div>
  );
}
