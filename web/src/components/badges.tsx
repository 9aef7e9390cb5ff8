// Badges that show the status of an instance. Each has a text, since colour alone is not accessible.

import type { JSX } from "preact";
import { isolated } from "../bidi";
import { type Mark, markText } from "../display";
import type { ServerBadge } from "../model";
import { useShown } from "../shown";
import { Icon } from "./icon";

export function ServerBadges({ badges }: { badges: ServerBadge[] }): JSX.Element {
  const shown = useShown();
  return (
    <span class="server-badges">
      {badges.map((badge) => (
        <span key={badge.name} class={`sign sign-${badge.name}`} title={isolated(shown.text(badge.text))} data-badge={badge.name}>
          <Icon name={badge.name} text={isolated(shown.text(badge.text))} />
          {badge.count !== undefined && <span aria-hidden="true">{badge.count}</span>}
        </span>
      ))}
    </span>
  );
}

export function ProblemBadge({ problem, count }: { problem: Mark; count?: number }): JSX.Element {
  return (
    <span class={`badge problem-${problem}`} data-problem-badge={problem}>
      {count !== undefined && <b>{count}</b>} {markText(problem)}
    </span>
  );
}
