// The text beside the pointer during a drag.

import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { keyText } from "../requests";
import type { Viewport } from "../viewport";
import { Named, Said } from "./said";
import type { Dragging } from "./use-drag";

interface Properties {
  dragging: Dragging;
  frame: RefObject<HTMLElement>;
  viewport: RefObject<Viewport>;
}

// Pans during a drag, to reach targets that are not visible.
function panAtEdge(x: number, y: number, frame: HTMLElement | null, viewport: Viewport | null): void {
  const box = frame?.getBoundingClientRect();
  if (!box || !viewport) return;
  const edge = 28;
  const push = (at: number, from: number, to: number): number => (at < from + edge ? 12 : at > to - edge ? -12 : 0);
  const [dx, dy] = [push(x, box.left, box.right), push(y, box.top, box.bottom)];
  if (dx !== 0 || dy !== 0) viewport.panBy(dx, dy);
}

export function Ghost({ dragging: { drag, sentence, onPointer }, frame, viewport }: Properties): JSX.Element | null {
  const ghost = useRef<HTMLDivElement>(null);
  useEffect(() => onPointer((x, y) => {
    if (ghost.current) ghost.current.style.transform = `translate(${Math.min(x + 14, innerWidth - 280)}px, ${y + 14}px)`;
    panAtEdge(x, y, frame.current, viewport.current);
  }));
  if (!drag) return null;
  return (
    <div ref={ghost} class="ghost" role="status" data-drag-sentence>
      <b><Named kind="instance" name={keyText(drag.source.Key)} /></b>
      <span><Said text={sentence} /></span>
    </div>
  );
}
