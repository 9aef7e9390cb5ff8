// The topology as a tree, with panning, zooming, keyboard navigation, and moves by dragging.

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Instance, keyText } from "../api";
import { openDialog, openInstance, type MoveMode } from "../dialogs";
import {
  cardHeight, cardWidth, drawingOf, drawnRectangle, firstView, fittingView, isDrawn, isLinkDrawn, type Place,
  type Rectangle, sameRectangle, type View,
} from "../layout";
import { hasConnectivityProblem } from "../model";
import { stepFrom, type TreeKey, type TreeNode, visibleNodes, type VisibleNode } from "../tree";
import { leastZoom, Viewport } from "../viewport";
import { Icon } from "./icon";
import { type Detail, TreeCard, type TreeFacts } from "./tree-card";
import { useDrag } from "./use-drag";

interface Properties {
  root: TreeNode;
  label: string;
  backdrop: string;
  facts: TreeFacts;
  mode: MoveMode;
  mayChange: boolean;
  onOpenAggregation: (id: string) => void;
  moveInstance: (instance: Instance) => void;
}

interface Shown {
  within: Rectangle;
  detail: Detail;
}

const keys: Record<string, TreeKey> = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", Home: "home", End: "end",
};

// Text that is too small to read is not drawn.
const detailAt = (k: number): Detail => (k >= 0.45 ? "near" : k >= 0.16 ? "far" : "dots");

const rectangleOf = ({ x, y }: Place): Rectangle => ({
  left: x, top: y - cardHeight / 2, right: x + cardWidth, bottom: y + cardHeight / 2,
});

export function TopologyTree(properties: Properties): JSX.Element {
  const { root, label, backdrop, facts, mode, mayChange, onOpenAggregation, moveInstance } = properties;
  const frame = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const ghost = useRef<HTMLDivElement>(null);
  const viewport = useRef<Viewport | undefined>(undefined);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string | undefined>();
  const [shown, setShown] = useState<Shown>({ within: { left: 0, top: 0, right: 0, bottom: 0 }, detail: "near" });
  const toFocus = useRef<string | undefined>(undefined);
  const hasFocus = useRef(false);
  const { drag, press, verdictFor, sentence, onPointer } = useDrag(mode);

  const drawing = useMemo(() => drawingOf(root, collapsed), [root, collapsed]);
  const visible = useMemo(() => visibleNodes(root, collapsed), [root, collapsed]);
  const drawingNow = useRef(drawing);
  drawingNow.current = drawing;
  const byId = useMemo(() => new Map(visible.map((one) => [one.node.id, one])), [visible]);
  const places = useMemo(() => new Map(drawing.places.map((place) => [place.id, place])), [drawing]);
  // One node is in the tab order: the node focused last, or the first node.
  const current = focused !== undefined && places.has(focused) ? focused : visible[0]?.node.id;

  useLayoutEffect(() => {
    if (!frame.current || !layer.current) return;
    const made = new Viewport(frame.current, layer.current, (view) => {
      const next = { within: drawnRectangle(view, made.width, made.height), detail: detailAt(view.k) };
      setShown((before) => (before.detail === next.detail && sameRectangle(before.within, next.within) ? before : next));
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

  // The node to focus may be drawn only now; and the focused node loses the focus when it is moved in the document.
  useLayoutEffect(() => {
    if (hasFocus.current && document.activeElement === document.body) toFocus.current ??= current;
    if (toFocus.current === undefined) return;
    const place = places.get(toFocus.current);
    if (!place) return;
    viewport.current?.reveal(rectangleOf(place));
    const found = [...(layer.current?.querySelectorAll<HTMLElement>("[data-node]") ?? [])].find((one) => one.dataset.node === toFocus.current);
    if (!found) return;
    toFocus.current = undefined;
    found.focus({ preventScroll: true });
  });

  useEffect(() => onPointer((x, y) => {
    if (ghost.current) ghost.current.style.transform = `translate(${Math.min(x + 14, innerWidth - 280)}px, ${y + 14}px)`;
    panAtEdge(x, y);
  }));

  // Pans during a drag, to reach targets that are not visible.
  const panAtEdge = (x: number, y: number): void => {
    const box = frame.current?.getBoundingClientRect();
    if (!box || !viewport.current) return;
    const edge = 28;
    const push = (at: number, from: number, to: number): number => (at < from + edge ? 12 : at > to - edge ? -12 : 0);
    const [dx, dy] = [push(x, box.left, box.right), push(y, box.top, box.bottom)];
    if (dx !== 0 || dy !== 0) viewport.current.panBy(dx, dy);
  };

  // Delayed, since a redraw may remove the focus for a moment.
  const noticeLeaving = (): void => {
    setTimeout(() => {
      hasFocus.current = frame.current?.contains(document.activeElement) ?? false;
    });
  };

  const focusNode = (id: string): void => {
    toFocus.current = id;
    setFocused(id);
  };

  const toggle = (id: string): void => {
    setCollapsed((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  };

  const openNode = ({ node }: VisibleNode): void => {
    if (node.instance) openInstance(node.instance);
    else onOpenAggregation(node.id);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const here = current === undefined ? undefined : byId.get(current);
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest("button")) return;
    const key = keys[event.key];
    if (key) {
      event.preventDefault();
      const step = stepFrom(visible, here.node.id, key);
      if (!step) return;
      if ("focus" in step) focusNode(step.focus);
      else toggle("collapse" in step ? step.collapse : step.expand);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      openNode(here);
    } else if (event.key === "m" && here.node.instance) {
      event.preventDefault();
      moveInstance(here.node.instance);
    } else if (event.key === "+" || event.key === "-") {
      viewport.current?.zoomBy(event.key === "+" ? 1.25 : 0.8);
    }
  };

  const fit = (): void => {
    const at = viewport.current;
    if (at) at.show(fittingView(drawing.bounds, at.width, at.height, leastZoom));
  };

  // In reading order, for screen readers.
  const drawn = visible.flatMap(({ node }) => {
    const place = places.get(node.id);
    return place && (isDrawn(place, shown.within) || place.id === current) ? [place] : [];
  });
  return (
    <div class="tree-frame">
      {backdrop !== "" && <div class="backdrop" aria-hidden="true">{backdrop}</div>}
      <div ref={frame} class={drag ? "tree dragging" : "tree"} role="tree" aria-label={label} onKeyDown={onKeyDown}
        onFocusIn={() => { hasFocus.current = true; }} onFocusOut={noticeLeaving} data-tree>
        <div ref={layer} class="tree-layer" role="none" data-detail={shown.detail}>
          <svg class="links" aria-hidden="true" width="1" height="1">
            <marker id="to-replica" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0,0L8,4L0,8z" class="arrow" />
            </marker>
            {drawing.links.filter((link) => isLinkDrawn(link, shown.within)).map((link) => (
              <path key={link.id} d={link.path} class={link.isDashed ? "link dashed" : "link"} data-link={link.id}
                marker-end={link.isRing ? "url(#to-replica)" : undefined} />
            ))}
          </svg>
          {drawn.map((place) => {
            const one = byId.get(place.id);
            return one && (
              <TreeCard
                key={place.id}
                place={place}
                one={one}
                detail={shown.detail}
                facts={facts}
                isCurrent={place.id === current}
                isDragged={drag !== undefined && keyText(drag.source.Key) === place.id}
                verdict={drag ? verdictFor(place.id)?.Verdict ?? (place.node.instance ? undefined : "no") : undefined}
                isDraggable={mayChange && place.node.instance !== undefined && !hasConnectivityProblem(place.node.instance)}
                onFocus={() => setFocused(place.id)}
                onOpen={() => openNode(one)}
                onToggle={() => toggle(place.id)}
                onPress={press}
              />
            );
          })}
        </div>
      </div>
      <div class="tree-tools" role="group" aria-label="View">
        <button type="button" aria-label="Zoom in" onClick={() => viewport.current?.zoomBy(1.25)}><Icon name="plus" /></button>
        <button type="button" aria-label="Zoom out" onClick={() => viewport.current?.zoomBy(0.8)}><Icon name="minus" /></button>
        <button type="button" aria-label="Show all" onClick={fit}><Icon name="fit" /></button>
      </div>
      {drag && (
        <div ref={ghost} class="ghost" role="status" data-drag-sentence>
          <b>{facts.naming(keyText(drag.source.Key))}</b>
          <span>{sentence}</span>
        </div>
      )}
    </div>
  );
}

export const moveByKeyboard = (instance: Instance, mode: MoveMode): void =>
  openDialog({ kind: "move", key: instance.Key, mode });
