// The part of the drawing that is visible, and how much of it is legible.

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Drawing, drawnRectangle, firstView, type Rectangle, sameRectangle, type View } from "../layout";
import { Viewport } from "../viewport";
import type { Detail } from "./tree-card";

interface Visible {
  within: Rectangle;
  detail: Detail;
}

// Text that is too small to read is not drawn.
const detailAt = (k: number): Detail => (k >= 0.45 ? "near" : k >= 0.16 ? "far" : "dots");

export function useViewport(
  frame: RefObject<HTMLElement>, layer: RefObject<HTMLElement>, drawing: Drawing,
): Visible & { viewport: RefObject<Viewport> } {
  const viewport = useRef<Viewport>(null);
  const [visible, setVisible] = useState<Visible>({ within: { left: 0, top: 0, right: 0, bottom: 0 }, detail: "near" });
  const drawingNow = useRef(drawing);
  drawingNow.current = drawing;

  useLayoutEffect(() => {
    if (!frame.current || !layer.current) return;
    const made = new Viewport(frame.current, layer.current, (view) => {
      const next = { within: drawnRectangle(view, made.width, made.height), detail: detailAt(view.k) };
      setVisible((before) => (before.detail === next.detail && sameRectangle(before.within, next.within) ? before : next));
    });
    viewport.current = made;
    made.keepWithin(drawing.bounds);
    const showFirst = (): View => {
      const { bounds, places } = drawingNow.current;
      made.show(firstView(bounds, places[0]?.y ?? 0, made.width, made.height));
      return made.view;
    };
    let first = showFirst();
    // After a resize, show the first view again, unless the user has moved the view.
    const resizing = new ResizeObserver(() => {
      if (made.view === first) first = showFirst();
      else made.show(made.view);
    });
    resizing.observe(frame.current);
    return () => {
      resizing.disconnect();
      made.stop();
    };
  }, []);

  useEffect(() => viewport.current?.keepWithin(drawing.bounds), [drawing]);
  return { viewport, ...visible };
}
