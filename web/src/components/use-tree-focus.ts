// The focus in the tree: one node is in the tab order, and keeps the focus when the tree is drawn again.

import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { cardHeight, cardWidth, type Place, type Rectangle } from "../layout";
import { useShown } from "../shown";
import type { Viewport } from "../viewport";

interface Tree {
  frame: RefObject<HTMLElement>;
  layer: RefObject<HTMLElement>;
  viewport: RefObject<Viewport>;
  places: ReadonlyMap<string, Place>;
  first: string | undefined;
}

interface TreeFocus {
  // The node focused last, or the first node.
  current: string | undefined;
  setFocused: (id: string) => void;
  focusNode: (id: string) => void;
  onFocusIn: () => void;
  onFocusOut: () => void;
}

const rectangleOf = ({ x, y }: Place): Rectangle => ({
  left: x, top: y - cardHeight / 2, right: x + cardWidth, bottom: y + cardHeight / 2,
});

export function useTreeFocus({ frame, layer, viewport, places, first }: Tree): TreeFocus {
  const shown = useShown();
  const [focused, setFocused] = useState<string | undefined>();
  const toFocus = useRef<string | undefined>(undefined);
  const hasFocus = useRef(false);
  const current = focused !== undefined && places.has(focused) ? focused : first;

  // The node to focus may be drawn only now; and the focused node loses the focus when it is moved in the document.
  useLayoutEffect(() => {
    if (hasFocus.current && document.activeElement === document.body) toFocus.current ??= current;
    if (toFocus.current === undefined) return;
    const place = places.get(toFocus.current);
    if (!place) return;
    viewport.current?.reveal(rectangleOf(place));
    const wanted = shown.text(toFocus.current);
    const found = [...(layer.current?.querySelectorAll<HTMLElement>("[data-node]") ?? [])].find((one) => one.dataset.node === wanted);
    if (!found) return;
    toFocus.current = undefined;
    found.focus({ preventScroll: true });
  });

  return {
    current,
    setFocused,
    focusNode: (id) => {
      toFocus.current = id;
      setFocused(id);
    },
    onFocusIn: () => {
      hasFocus.current = true;
    },
    // Delayed, since a redraw may remove the focus for a moment.
    onFocusOut: () => {
      setTimeout(() => {
        hasFocus.current = frame.current?.contains(document.activeElement) ?? false;
      });
    },
  };
}
