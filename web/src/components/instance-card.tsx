// One instance in a box: name and icons in the head; version, binlog format and lag in the body.

import type { ComponentChildren, JSX } from "preact";
import { type Instance, keyText, type Maintenance } from "../api";
import { lagText, majorVersion, shortVersion } from "../display";
import { openInstance } from "../dialogs";
import type { RingPlace } from "../tree";
import { badgesOf, hasConnectivityProblem, isMaster, problemText, troubleOf } from "../model";
import { ServerBadges } from "./badges";
import { Icon } from "./icon";

interface Properties {
  instance: Instance;
  title: string;
  lagLimit: number;
  held: Maintenance | undefined;
  isStar?: boolean;
  ring?: RingPlace | undefined;
  isAnonymous?: boolean;
  // In the tree, the keyboard moves between cards, not into them.
  isInTree?: boolean;
  // The children of the card show the problem.
  isProblemSaid?: boolean;
  button?: ComponentChildren;
  children?: ComponentChildren;
}

// The members of a ring of two are co-masters.
export function roleOf(instance: Instance, ring: RingPlace | undefined): string {
  if (ring && ring.size > 2) return `Ring ${ring.place}/${ring.size}`;
  return ring || instance.IsCoMaster ? "Co master" : isMaster(instance) ? "Master" : "";
}

// The content of the box. The caller draws the box and defines its position and behaviour.
export function CardContent(properties: Properties): JSX.Element {
  const { instance, title, lagLimit, held, isStar = false, isAnonymous = false, isInTree = false } = properties;
  const trouble = troubleOf(instance, lagLimit);
  const role = roleOf(instance, properties.ring);
  const version = isAnonymous ? majorVersion(instance.Version) : shortVersion(instance.Version);
  const shownBadges = badgesOf(instance, held, isStar);
  return (
    <>
      <div class={`card-head trouble-${trouble ?? "none"}`}>
        <span class="card-title" title={isAnonymous ? undefined : keyText(instance.Key)}>{title}</span>
        <ServerBadges badges={shownBadges} />
        <button
          type="button"
          class="plain card-open"
          tabIndex={isInTree ? -1 : 0}
          aria-label={`Details of ${title}`}
          title="Details and operations"
          onClick={(event) => {
            event.stopPropagation();
            openInstance(instance);
          }}
        >
          <Icon name="cog" />
        </button>
      </div>
      <div class="card-body">
        <div class="card-row">
          <span class="card-facts" title={isAnonymous ? undefined : instance.Version}>
            {version} {instance.LogBinEnabled ? instance.Binlog_format : "no binary log"}
          </span>
          {properties.button}
        </div>
        <div class="card-row">
          <span class="card-lag">{lagText(instance, !hasConnectivityProblem(instance))}</span>
          {role !== "" && <b class="card-role">{role}</b>}
          {!properties.isProblemSaid && trouble && <span class={`badge problem-${trouble}`}>{problemText[trouble]}</span>}
          {!properties.isProblemSaid && !trouble && held && <span class="badge problem-in_maintenance">{problemText.in_maintenance}</span>}
        </div>
        {properties.children}
      </div>
    </>
  );
}

// The text that screen readers announce for a card.
export function cardLabel(properties: Properties): string {
  const { instance, title, lagLimit, held, isStar = false, isAnonymous = false } = properties;
  const trouble = troubleOf(instance, lagLimit);
  return [
    title,
    roleOf(instance, properties.ring),
    trouble ? problemText[trouble] : "",
    isAnonymous ? majorVersion(instance.Version) : shortVersion(instance.Version),
    instance.Binlog_format,
    lagText(instance, !hasConnectivityProblem(instance)),
    ...badgesOf(instance, held, isStar).map((badge) => badge.text),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

// A complete box, for lists.
export function InstanceCard(properties: Properties & { problem?: string | undefined }): JSX.Element {
  const { instance, problem } = properties;
  return (
    <article class="card" data-instance={keyText(instance.Key)} data-problem={problem} aria-label={properties.title}>
      <CardContent {...properties} />
    </article>
  );
}
