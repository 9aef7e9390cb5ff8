// The topology as nested lists, for small screens and for users who prefer text.

import type { JSX } from "preact";
import { keyText } from "../api";
import { lagText, majorVersion, shortVersion } from "../display";
import { openDialog, openInstance, type MoveMode } from "../dialogs";
import { badgesOf, hasConnectivityProblem, problemOf, problemText, troubleOf } from "../model";
import type { TreeNode } from "../tree";
import { ProblemBadge, ServerBadges } from "./badges";
import { roleOf } from "./instance-card";
import type { TreeFacts } from "./tree-card";

interface Properties {
  root: TreeNode;
  facts: TreeFacts;
  mode: MoveMode;
  onOpenAggregation: (id: string) => void;
}

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
  const { instance } = node;
  if (!instance) return null;
  const name = keyText(instance.Key);
  const title = facts.naming(name);
  const held = facts.held.get(name);
  const trouble = troubleOf(instance, facts.lagLimit);
  const role = roleOf(instance, node.ring);
  const isReachable = !hasConnectivityProblem(instance);
  const dataCenter = facts.areColoured ? facts.dataCenters.get(instance.DataCenter) : undefined;
  return (
    <div class={`line ${dataCenter === undefined ? "" : `dc dc-${dataCenter}`}`} data-instance={name}
      data-problem={problemOf(instance, facts.lagLimit, held !== undefined)}>
      <button type="button" class="plain line-name" title={facts.isAnonymous ? undefined : name} onClick={() => openInstance(instance)}>
        {title}
      </button>
      {role !== "" && <b>{role}</b>}
      {held && <ProblemBadge problem="in_maintenance" />}
      {trouble && <span class={`badge problem-${trouble}`}>{problemText[trouble]}</span>}
      <span>{facts.isAnonymous ? majorVersion(instance.Version) : shortVersion(instance.Version)} {instance.LogBinEnabled ? instance.Binlog_format : "no binary log"}</span>
      <span>{lagText(instance, isReachable)}</span>
      <ServerBadges badges={badgesOf(instance, held, facts.stars.has(name))} />
      {facts.mayChange && isReachable && (
        <button type="button" class="small" aria-label={`Move ${title}…`} onClick={() => openDialog({ kind: "move", key: instance.Key, mode })}>
          Move…
        </button>
      )}
    </div>
  );
}
