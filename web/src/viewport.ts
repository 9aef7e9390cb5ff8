// Panning and zooming: one transform of one layer, without redrawing.

import { select } from "d3-selection";
import { zoom, type ZoomBehavior, zoomIdentity, type ZoomTransform } from "d3-zoom";
import type { Rectangle, View } from "./layout";

export const leastZoom = 0.04;
const mostZoom = 2;

export class Viewport {
  readonly #behaviour: ZoomBehavior<HTMLElement, unknown>;
  #view: View = { x: 0, y: 0, k: 1 };

  constructor(
    private readonly frame: HTMLElement,
    private readonly layer: HTMLElement,
    private readonly onMoved: (view: View) => void,
  ) {
    this.#behaviour = zoom<HTMLElement, unknown>()
      .scaleExtent([leastZoom, mostZoom])
      .filter((event: Event) => this.#isForPanning(event))
      .on("start", () => this.layer.classList.add("moving"))
      .on("zoom", ({ transform }: { transform: ZoomTransform }) => this.#apply(transform))
      // Without the class, the browser draws texts sharply at the new size.
      .on("end", () => this.layer.classList.remove("moving"));
    select<HTMLElement, unknown>(frame).call(this.#behaviour).on("dblclick.zoom", null);
    frame.addEventListener("wheel", this.#onWheel, { passive: false });
  }

  get view(): View {
    return this.#view;
  }

  get width(): number {
    return this.frame.clientWidth;
  }

  get height(): number {
    return this.frame.clientHeight;
  }

  stop(): void {
    select<HTMLElement, unknown>(this.frame).on(".zoom", null);
    this.frame.removeEventListener("wheel", this.#onWheel);
  }

  // Keeps a part of the drawing in sight.
  keepWithin({ left, top, right, bottom }: Rectangle): void {
    const room = 400;
    this.#behaviour.translateExtent([[left - room, top - room], [right + room, bottom + room]]);
  }

  show({ x, y, k }: View): void {
    this.#behaviour.transform(select<HTMLElement, unknown>(this.frame), zoomIdentity.translate(x, y).scale(k));
  }

  zoomBy(factor: number): void {
    this.#behaviour.scaleBy(select<HTMLElement, unknown>(this.frame), factor);
  }

  panBy(x: number, y: number): void {
    const { k } = this.#view;
    this.#behaviour.translateBy(select<HTMLElement, unknown>(this.frame), x / k, y / k);
  }

  // Moves the view by the minimum that makes the rectangle visible.
  reveal({ left, top, right, bottom }: Rectangle): void {
    const margin = 16;
    const { x, y, k } = this.#view;
    const over = (from: number, to: number, room: number): number =>
      from < margin ? margin - from : to > room - margin ? Math.max(room - margin - to, margin - from) : 0;
    const dx = over(left * k + x, right * k + x, this.width);
    const dy = over(top * k + y, bottom * k + y, this.height);
    if (dx !== 0 || dy !== 0) this.panBy(dx, dy);
  }

  #apply({ x, y, k }: View): void {
    this.#view = { x, y, k };
    this.layer.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
    this.onMoved(this.#view);
  }

  // The mouse drags cards and pans elsewhere; touch always pans.
  #isForPanning(event: Event): boolean {
    if (event.type === "wheel") return (event as WheelEvent).ctrlKey || (event as WheelEvent).metaKey;
    if (event instanceof MouseEvent && event.button !== 0) return false;
    const target = event.target instanceof Element ? event.target : null;
    if (event.type.startsWith("touch")) return target?.closest("button") === null;
    return target?.closest("button, [data-draggable]") === null;
  }

  // The wheel scrolls, as on any page; with Control, or as a pinch gesture, it zooms.
  readonly #onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? this.height : 1;
    const [x, y] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
    this.panBy(-x * unit, -y * unit);
  };
}
