// The topology as a tree, with panning, zooming, keyboard navigation, and moves by dragging.

import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { type Instance, keyText } from "../requests";
import { openInstance, type MoveMode } from "../dialogs";
import { drawingOf, isDrawn } from "../layout";
import { type TreeNode, visibleNodes, type VisibleNode } from "../tree";
import { Ghost } from "./ghost";
import { TreeCard, type TreeFacts } from "./tree-card";
import { keyHandler } from "./tree-keys";
import { TreeLinks } from "./tree-links";
import { TreeTools } from "./tree-tools";
import { useDrag } from "./use-drag";
import { useTreeFocus } from "./use-tree-focus";
import { useViewport } from "./use-viewport";

interface Properties {
  root: TreeNode;
  label: string;
  backdrop: string;
  facts: TreeFacts;
  mode: MoveMode;
  onOpenAggregation: (id: string) => void;
  moveInstance: (instance: Instance) => void;
}

export function TopologyTree(properties: Properties): JSX.Element {
  const { root, label, backdrop, facts, mode, onOpenAggregation, moveInstance } = properties;
  const frame = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const [collapsed, toggle] = useCollapsed();
  const dragging = useDrag(mode);
  const { drag, verdictFor } = dragging;

  const drawing = useMemo(() => drawingOf(root, collapsed), [root, collapsed]);
  const visible = useMemo(() => visibleNodes(root, collapsed), [root, collapsed]);
  const byId = useMemo(() => new Map(visible.map((one) => [one.node.id, one])), [visible]);
  const places = useMemo(() => new Map(drawing.places.map((place) => [place.id, place])), [drawing]);
  const { viewport, within, detail } = useViewport(frame, layer, drawing);
  const focus = useTreeFocus({ frame, layer, viewport, places, first: visible[0]?.node.id });

  const openNode = ({ node }: VisibleNode): void => (node.instance ? openInstance(node.instance) : onOpenAggregation(node.id));
  const onKeyDown = keyHandler({
    visible, current: focus.current, focusNode: focus.focusNode, toggle, openNode, moveInstance,
    zoomBy: (factor) => viewport.current?.zoomBy(factor),
  });

  // In reading order, for screen readers.
  const drawn = visible.flatMap(({ node }) => {
    const place = places.get(node.id);
    return place && (isDrawn(place, within) || place.id === focus.current) ? [place] : [];
  });
  return (
    <div class="tree-frame">
      {backdrop !== "" && <div class="backdrop" aria-hidden="true"><bdi>{backdrop}</bdi></div>}
      <div ref={frame} class={drag ? "tree dragging" : "tree"} role="tree" aria-label={label} onKeyDown={onKeyDown}
        onFocusIn={focus.onFocusIn} onFocusOut={focus.onFocusOut} data-tree>
        <div ref={layer} class="tree-layer" role="none" data-detail={detail}>
          <TreeLinks links={drawing.links} within={within} />
          {drawn.map((place) => {
            const one = byId.get(place.id);
            return one && (
              <TreeCard
                key={place.id}
                place={place}
                one={one}
                detail={detail}
                facts={facts}
                isCurrent={place.id === focus.current}
                isDragged={drag !== undefined && keyText(drag.source.Key) === place.id}
                verdict={drag ? verdictFor(place.id)?.Verdict ?? (place.node.instance ? undefined : "no") : undefined}
                isDraggable={facts.mayChange && place.node.instance !== undefined}
                onFocus={() => focus.setFocused(place.id)}
                onOpen={() => openNode(one)}
                onToggle={() => toggle(place.id)}
                onPress={dragging.press}
              />
            );
          })}
        </div>
      </div>
      <TreeTools viewport={viewport} bounds={drawing.bounds} />
      <Ghost dragging={dragging} frame={frame} viewport={viewport} />
    </div>
  );
}

function useCollapsed(): [ReadonlySet<string>, (id: string) => void] {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string): void => {
    setCollapsed((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  };
  return [collapsed, toggle];
}
