// One instance in a box: name and icons in the head; version, binlog format and lag in the body.

import type { ComponentChildren, JSX } from "preact";
import { type Instance, keyText, type Maintenance } from "../requests";
import { lagText, markText, roleOf, serverText } from "../display";
import { openInstance } from "../dialogs";
import type { Naming } from "../names";
import { badgesOf, type ServerBadge } from "../model";
import { type Shown, useShown } from "../shown";
import type { RingPlace } from "../tree";
import { ServerBadges } from "./badges";
import { Icon } from "./icon";
import { Said, ShortName } from "./said";

export interface CardProperties {
  instance: Instance;
  naming: Naming;
  held: Maintenance | undefined;
  isStar?: boolean;
  ring?: RingPlace | undefined;
  // In the tree, the keyboard moves between cards, not into them.
  isInTree?: boolean;
  // The children of the card show the problem.
  isProblemSaid?: boolean;
  button?: ComponentChildren;
  children?: ComponentChildren;
}

// The number of characters that fit into the head of a card beside its icons.
const titleLength = (badges: readonly ServerBadge[]): number => Math.max(11, 21 - 2 * badges.length);

// The content of the box. The caller draws the box and defines its position and behaviour.
export function CardContent(properties: CardProperties): JSX.Element {
  const { instance, naming, held, isStar = false, isInTree = false } = properties;
  const shown = useShown();
  const name = keyText(instance.Key);
  const role = roleOf(instance, properties.ring);
  const badges = badgesOf(instance, held, isStar);
  const shownProblem = properties.isProblemSaid ? undefined : instance.Problem || (held && "in_maintenance");
  return (
    <>
      <div class={`card-head trouble-${instance.Problem || "none"}`}>
        <span class="card-title"><ShortName name={name} naming={naming} most={titleLength(badges)} /></span>
        <ServerBadges badges={badges} />
        <button
          type="button"
          class="plain card-open"
          tabIndex={isInTree ? -1 : 0}
          aria-label={`Details of ${naming(name)}`}
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
          <span class="card-facts" title={shown.isAnonymous ? undefined : instance.Version}><Said text={serverText(instance, shown.isAnonymous)} /></span>
          {properties.button}
        </div>
        <div class="card-row">
          <span class="card-lag">{lagText(instance)}</span>
          {role !== "" && <b class="card-role">{role}</b>}
          {shownProblem && <span class={`badge problem-${shownProblem}`}>{markText(shownProblem)}</span>}
        </div>
        {properties.children}
      </div>
    </>
  );
}

// The text that screen readers announce for a card.
export function cardLabel({ instance, naming, held, isStar = false, ring }: CardProperties, shown: Shown): string {
  return [
    naming(keyText(instance.Key)),
    roleOf(instance, ring),
    instance.Problem ? markText(instance.Problem) : "",
    serverText(instance, shown.isAnonymous),
    lagText(instance),
    ...badgesOf(instance, held, isStar).map((badge) => shown.text(badge.text)),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

// A click on a control of the card, or the end of a selection of text, does not open the dialog.
const isForCard = (event: MouseEvent): boolean =>
  !(event.target instanceof Element && event.target.closest("a, button")) && (getSelection()?.isCollapsed ?? true);

// A complete box, for lists.
export function InstanceCard(properties: CardProperties & { problem?: string | undefined }): JSX.Element {
  const { instance, naming, problem } = properties;
  const shown = useShown();
  const name = keyText(instance.Key);
  return (
    <article class="card list-card" data-instance={shown.name("instance", name)} data-problem={problem} aria-label={naming(name)}
      onClick={(event) => {
        if (isForCard(event)) openInstance(instance);
      }}>
      <CardContent {...properties} />
    </article>
  );
}
