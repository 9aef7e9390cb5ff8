// The topology as nested lists, for small screens and for users who prefer text.

import type { JSX } from "preact";
import { keyText } from "../requests";
import { lagText, markOf, roleOf, serverText } from "../display";
import { openDialog, openInstance, type MoveMode } from "../dialogs";
import { badgesOf } from "../model";
import { useShown } from "../shown";
import type { TreeNode } from "../tree";
import { ProblemBadge, ServerBadges } from "./badges";
import { Said, ShortName } from "./said";
import { dataCenterClass, type TreeFacts } from "./tree-card";

interface Properties {
  root: TreeNode;
  facts: TreeFacts;
  mode: MoveMode;
  onOpenAggregation: (id: string) => void;
}

// The number of characters that fit into a line beside the rest of it.
const mostOfName = 40;

export function TopologyList(properties: Properties): JSX.Element {
  const { root } = properties;
  return (
    <div class="topology-list" data-list>
      <Level {...properties} nodes={root.kind === "root" ? root.children : [root]} />
    </div>
  );
}

function Level({ nodes, ...rest }: Properties & { nodes: TreeNode[] }): JSX.Element {
  return (
    <ul>
      {nodes.map((node) => (
        <li key={node.id}>
          {node.instance ? <Line {...rest} node={node} /> : <AggregationLine {...rest} node={node} />}
          {node.children.length > 0 && <Level {...rest} nodes={node.children} />}
        </li>
      ))}
    </ul>
  );
}

function AggregationLine({ node, onOpenAggregation }: Properties & { node: TreeNode }): JSX.Element {
  return (
    <div class="line">
      <button type="button" onClick={() => onOpenAggregation(node.id)}>
        Show {node.members?.length ?? 0} replicas without replicas
      </button>
    </div>
  );
}

function Line({ node, facts, mode }: Properties & { node: TreeNode }): JSX.Element | null {
  const shown = useShown();
  const { instance } = node;
  if (!instance) return null;
  const name = keyText(instance.Key);
  const held = facts.held.get(name);
  const role = roleOf(instance, node.ring);
  return (
    <div class={`line ${dataCenterClass(instance, facts)}`} data-instance={shown.name("instance", name)}
      data-problem={markOf(instance, held !== undefined)}>
      <button type="button" class="plain line-name" onClick={() => openInstance(instance)}>
        <ShortName name={name} naming={facts.naming} most={mostOfName} />
      </button>
      {role !== "" && <b>{role}</b>}
      {held && <ProblemBadge problem="in_maintenance" />}
      {instance.Problem !== "" && <ProblemBadge problem={instance.Problem} />}
      <span><Said text={serverText(instance, shown.isAnonymous)} /></span>
      <span>{lagText(instance)}</span>
      <ServerBadges badges={badgesOf(instance, held, facts.stars.has(name))} />
      {facts.mayChange && (
        <button type="button" class="small" aria-label={`Move ${facts.naming(name)}…`} onClick={() => openDialog({ kind: "move", key: instance.Key, mode })}>
          Move…
        </button>
      )}
    </div>
  );
}
