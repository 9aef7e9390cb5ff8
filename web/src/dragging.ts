// Dragging an instance to another instance with a mouse or a pen.

import { instanceBehind } from "./shown";

export interface DragWatcher {
  begin: (id: string) => void;
  move: (x: number, y: number, over: string | undefined) => void;
  // `over` is undefined if the instance was dropped on nothing or the drag was cancelled.
  end: (over: string | undefined) => void;
}

// In pixels; a click with an unsteady hand is not a drag.
const least = 6;

function instanceAt(x: number, y: number): string | undefined {
  const name = document.elementFromPoint(x, y)?.closest<HTMLElement>(".tree [data-instance]")?.dataset.instance;
  return name === undefined ? undefined : instanceBehind(name);
}

// Starts when the button is pressed; the returned function cancels the drag.
export function watchDrag(pressed: PointerEvent, id: string, watcher: DragWatcher): () => void {
  const origin = { x: pressed.clientX, y: pressed.clientY };
  let isDragging = false;

  const stop = (): void => {
    removeEventListener("pointermove", onMove);
    removeEventListener("pointerup", onUp);
    removeEventListener("pointercancel", giveUp);
    removeEventListener("keydown", onKey, true);
    removeEventListener("blur", giveUp);
  };
  const finish = (over: string | undefined): void => {
    stop();
    if (isDragging) watcher.end(over);
    isDragging = false;
  };
  const giveUp = (): void => finish(undefined);
  const onMove = (event: PointerEvent): void => {
    if (event.pointerId !== pressed.pointerId) return;
    if (!isDragging && Math.hypot(event.clientX - origin.x, event.clientY - origin.y) < least) return;
    if (!isDragging) {
      isDragging = true;
      getSelection()?.removeAllRanges();
      watcher.begin(id);
    }
    watcher.move(event.clientX, event.clientY, instanceAt(event.clientX, event.clientY));
  };
  const onUp = (event: PointerEvent): void => {
    if (event.pointerId !== pressed.pointerId) return;
    if (isDragging) {
      // Ignore the click that follows the release of the button.
      const swallow = (click: Event): void => click.stopPropagation();
      addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    }
    const over = instanceAt(event.clientX, event.clientY);
    finish(over === id ? undefined : over);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !isDragging) return;
    event.stopPropagation();
    event.preventDefault();
    giveUp();
  };
  addEventListener("pointermove", onMove);
  addEventListener("pointerup", onUp);
  addEventListener("pointercancel", giveUp);
  addEventListener("keydown", onKey, true);
  addEventListener("blur", giveUp);
  return giveUp;
}
