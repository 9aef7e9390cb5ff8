// The lines between masters and replicas.

import type { JSX } from "preact";
import { isLinkDrawn, type Link, type Rectangle } from "../layout";
import { useShown } from "../shown";

export function TreeLinks({ links, within }: { links: Link[]; within: Rectangle }): JSX.Element {
  const shown = useShown();
  return (
    <svg class="links" aria-hidden="true" width="1" height="1">
      <marker id="to-replica" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0,0L8,4L0,8z" class="arrow" />
      </marker>
      {links.filter((link) => isLinkDrawn(link, within)).map((link) => (
        <path key={link.id} d={link.path} class={link.isDashed ? "link dashed" : "link"} data-link={shown.text(link.id)}
          marker-end={link.isRing ? "url(#to-replica)" : undefined} />
      ))}
    </svg>
  );
}
