// The keyboard in the tree.

import type { Instance } from "../requests";
import { stepFrom, type TreeKey, type VisibleNode } from "../tree";

const keys: Record<string, TreeKey> = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", Home: "home", End: "end",
};

interface Effects {
  visible: readonly VisibleNode[];
  current: string | undefined;
  focusNode: (id: string) => void;
  toggle: (id: string) => void;
  openNode: (node: VisibleNode) => void;
  moveInstance: (instance: Instance) => void;
  zoomBy: (factor: number) => void;
}

export const keyHandler = (effects: Effects) => (event: KeyboardEvent): void => {
  const { visible, current } = effects;
  const here = visible.find(({ node }) => node.id === current);
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest("button")) return;
  const key = keys[event.key];
  if (key) {
    event.preventDefault();
    const step = stepFrom(visible, here.node.id, key);
    if (!step) return;
    if ("focus" in step) effects.focusNode(step.focus);
    else effects.toggle("collapse" in step ? step.collapse : step.expand);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    effects.openNode(here);
  } else if (event.key === "m" && here.node.instance) {
    event.preventDefault();
    effects.moveInstance(here.node.instance);
  } else if (event.key === "+" || event.key === "-") {
    effects.zoomBy(event.key === "+" ? 1.25 : 0.8);
  }
};
