// A node of the tree: an instance, or an aggregation of several leaf replicas.

import type { JSX } from "preact";
import { type Instance, keyText, type Maintenance, type Verdict } from "../api";
import { openDialog } from "../dialogs";
import { countText, type Naming } from "../display";
import { cardHeight, cardWidth, type Place } from "../layout";
import { countProblems, problemOf, recoverChoices, troubleOf } from "../model";
import type { VisibleNode } from "../tree";
import { ProblemBadge } from "./badges";
import { CardContent, cardLabel } from "./instance-card";

// How much of a card is legible at the current zoom.
export type Detail = "near" | "far" | "dots";

// Facts that all cards of a tree share.
export interface TreeFacts {
  instances: Instance[];
  naming: Naming;
  lagLimit: number;
  held: ReadonlyMap<string, Maintenance>;
  stars: ReadonlySet<string>;
  dataCenters: ReadonlyMap<string, number>;
  areColoured: boolean;
  isAnonymous: boolean;
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
  const problemCounts = countProblems(members, facts.lagLimit, facts.held);
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

function Recover({ instance, facts }: { instance: Instance; facts: TreeFacts }): JSX.Element | null {
  const choices = facts.mayChange && !instance.IsLastCheckValid ? recoverChoices(instance, facts.instances) : [];
  if (choices.length === 0) return null;
  return (
    <button type="button" class="card-recover" tabIndex={-1} onClick={(event) => {
      event.stopPropagation();
      openDialog({ kind: "recover", key: instance.Key, choices });
    }}>
      Recover…
    </button>
  );
}

export function TreeCard(properties: Properties): JSX.Element {
  const { place, one, detail, facts, isCurrent, isDragged, verdict, isDraggable } = properties;
  const { node } = one;
  const { instance } = node;
  const held = instance && facts.held.get(place.id);
  const title = instance ? facts.naming(keyText(instance.Key)) : `[aggregation] of ${node.members?.length ?? 0}`;
  const content = instance && {
    instance, title, lagLimit: facts.lagLimit, held, isStar: facts.stars.has(place.id),
    ring: node.ring, isAnonymous: facts.isAnonymous, isInTree: true,
  };
  const problem = instance && problemOf(instance, facts.lagLimit, held !== undefined);
  const trouble = instance && troubleOf(instance, facts.lagLimit);
  const dataCenter = facts.areColoured && instance ? facts.dataCenters.get(instance.DataCenter) : undefined;
  return (
    <div
      class={`card tree-card ${instance ? "" : "aggregation"} ${dataCenter === undefined ? "" : `dc dc-${dataCenter}`}`}
      style={{ left: place.x, top: place.y - cardHeight / 2, width: cardWidth }}
      role="treeitem"
      // A legible card is named by its content.
      aria-label={detail === "near" ? undefined : content ? cardLabel(content) : title}
      aria-level={one.level}
      aria-posinset={one.position}
      aria-setsize={one.siblings}
      aria-expanded={node.children.length > 0 ? !one.isCollapsed : undefined}
      tabIndex={isCurrent ? 0 : -1}
      data-node={place.id}
      data-instance={instance ? place.id : undefined}
      data-problem={problem}
      data-dc={instance?.DataCenter}
      data-draggable={isDraggable ? true : undefined}
      data-dragged={isDragged ? true : undefined}
      data-droppable={verdict}
      onFocus={properties.onFocus}
      onClick={() => {
        if (!isDraggable) properties.onOpen();
      }}
      onPointerDown={(event) => {
        const onButton = event.target instanceof Element && event.target.closest("button") !== null;
        if (instance && isDraggable && !onButton) properties.onPress(event, instance);
      }}
    >
      {detail !== "near" && <div class={`card-far trouble-${trouble ?? "none"}`}>{detail === "far" && <span>{title}</span>}</div>}
      {detail === "near" && content && (
        <CardContent {...content} button={<Recover instance={content.instance} facts={facts} />} />
      )}
      {detail === "near" && !content && <AggregationContent members={node.members ?? []} facts={facts} />}
      {node.children.length > 0 && (
        <button
          type="button"
          class={one.isCollapsed ? "twig collapsed" : "twig"}
          tabIndex={-1}
          aria-label={`${one.isCollapsed ? "Expand" : "Collapse"} ${title}`}
          onClick={(event) => {
            event.stopPropagation();
            properties.onToggle();
          }}
        >
          <span aria-hidden="true">{one.isCollapsed ? "+" : "−"}</span>
        </button>
      )}
    </div>
  );
}
