// The buttons that zoom the tree.

import type { JSX, RefObject } from "preact";
import { fittingView, type Rectangle } from "../layout";
import { leastZoom, type Viewport } from "../viewport";
import { Icon } from "./icon";

export function TreeTools({ viewport, bounds }: { viewport: RefObject<Viewport>; bounds: Rectangle }): JSX.Element {
  const fit = (): void => {
    const at = viewport.current;
    if (at) at.show(fittingView(bounds, at.width, at.height, leastZoom));
  };
  return (
    <div class="tree-tools" role="group" aria-label="View">
      <button type="button" aria-label="Zoom in" onClick={() => viewport.current?.zoomBy(1.25)}><Icon name="plus" /></button>
      <button type="button" aria-label="Zoom out" onClick={() => viewport.current?.zoomBy(0.8)}><Icon name="minus" /></button>
      <button type="button" aria-label="Show all" onClick={fit}><Icon name="fit" /></button>
    </div>
  );
}
