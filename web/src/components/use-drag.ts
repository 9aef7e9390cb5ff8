// The state of a drag: the moved instance, the server's verdicts on all targets, and the instance below the pointer.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Instance, instancePath, keyText, messageOf, type MoveTarget, read, type Verdict } from "../api";
import { tellError } from "../alerts";
import { type MoveMode, openDialog } from "../dialogs";
import { watchDrag } from "../dragging";
import { movePlan, verdictOf, verdictText } from "../moves";

export interface Drag {
  source: Instance;
  targets: ReadonlyMap<string, MoveTarget> | undefined;
  error: string;
  over: string | undefined;
}

export interface Dragging {
  drag: Drag | undefined;
  press: (event: PointerEvent, instance: Instance) => void;
  verdictFor: (id: string) => Verdict | undefined;
  // The text beside the pointer.
  sentence: string;
  onPointer: (act: (x: number, y: number) => void) => void;
}

const noInstance: Verdict = { Verdict: "no", Operation: "", Path: "", Reason: "The instance is no longer part of this cluster." };

export function useDrag(mode: MoveMode): Dragging {
  const [drag, setDrag] = useState<Drag | undefined>();
  const latest = useRef<Drag | undefined>(undefined);
  const pointer = useRef<(x: number, y: number) => void>(() => {});
  const giveUp = useRef<() => void>(() => {});
  const currentMode = useRef(mode);
  currentMode.current = mode;
  useEffect(() => () => giveUp.current(), []);

  const change = (next: Drag | undefined): void => {
    latest.current = next;
    setDrag(next);
  };

  const verdictIn = (of: Drag | undefined, id: string): Verdict | undefined => {
    if (!of?.targets || id === keyText(of.source.Key)) return undefined;
    const target = of.targets.get(id);
    return target ? verdictOf(target, currentMode.current) : noInstance;
  };

  const ask = async (source: Instance): Promise<void> => {
    const isStill = (): boolean => latest.current?.source === source;
    try {
      const { Targets } = await read<{ Targets: MoveTarget[] }>(instancePath("move-targets", source.Key));
      if (!isStill() || !latest.current) return;
      change({ ...latest.current, targets: new Map(Targets.map((target) => [keyText(target.Key), target])) });
    } catch (error) {
      if (isStill() && latest.current) change({ ...latest.current, error: messageOf(error) });
    }
  };

  const drop = (ended: Drag, id: string | undefined): void => {
    if (id === undefined) return;
    const verdict = verdictIn(ended, id);
    const target = ended.targets?.get(id);
    if (ended.error !== "") tellError(new Error(ended.error));
    else if (!verdict) tellError(new Error("Dropped before the list of possible masters had arrived; drag it again."));
    else if (!target || verdict.Verdict === "no") tellError(new Error(`${keyText(ended.source.Key)} cannot move to ${id}: ${verdict.Reason}`));
    else openDialog({ kind: "plan", plan: movePlan(ended.source.Key, target.Key, verdict, currentMode.current) });
  };

  const press = (event: PointerEvent, instance: Instance): void => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    giveUp.current = watchDrag(event, keyText(instance.Key), {
      begin: () => {
        change({ source: instance, targets: undefined, error: "", over: undefined });
        void ask(instance);
      },
      move: (x, y, over) => {
        pointer.current(x, y);
        if (latest.current && latest.current.over !== over) change({ ...latest.current, over });
      },
      end: (over) => {
        const ended = latest.current;
        change(undefined);
        if (ended) drop(ended, over);
      },
    });
  };

  return {
    drag,
    press,
    verdictFor: (id) => verdictIn(drag, id),
    sentence: drag ? sentenceOf(drag, (id) => verdictIn(drag, id)) : "",
    onPointer: (act) => {
      pointer.current = act;
    },
  };
}

function sentenceOf(drag: Drag, verdictFor: (id: string) => Verdict | undefined): string {
  if (drag.error !== "") return `The server refuses: ${drag.error}`;
  if (!drag.targets) return "Checking possible masters…";
  const verdict = drag.over === undefined ? undefined : verdictFor(drag.over);
  return verdict ? verdictText(verdict) : "Drop it on a marked instance; Escape cancels.";
}
