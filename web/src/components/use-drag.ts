// The state of a drag: the moved instance, the server's verdicts on all targets, and the instance below the pointer.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Instance, instancePath, keyText, messageOf, type MoveTarget, read, type Verdict } from "../requests";
import { settle, tellError } from "../alerts";
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

// A refusal is over when something is dragged again.
const topic = "drag";

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

  const verdictIn = (of: Drag | undefined, id: string): Verdict | undefined => of && verdictOn(of, id, currentMode.current);

  const ask = async (source: Instance): Promise<void> => {
    const isStill = (): boolean => latest.current?.source === source;
    try {
      const { Targets } = await read(instancePath("move-targets", source.Key));
      if (!isStill() || !latest.current) return;
      change({ ...latest.current, targets: new Map(Targets.map((target) => [keyText(target.Key), target])) });
    } catch (error) {
      if (isStill() && latest.current) change({ ...latest.current, error: messageOf(error) });
    }
  };

  const press = (event: PointerEvent, instance: Instance): void => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    giveUp.current = watchDrag(event, keyText(instance.Key), {
      begin: () => {
        settle(topic);
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
        if (ended && over !== undefined) drop(ended, over, verdictIn(ended, over), currentMode.current);
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

// undefined: the server has not answered yet.
function verdictOn(of: Drag, id: string, mode: MoveMode): Verdict | undefined {
  if (!of.targets || id === keyText(of.source.Key)) return undefined;
  const target = of.targets.get(id);
  return target ? verdictOf(target, mode) : noInstance;
}

function drop(ended: Drag, id: string, verdict: Verdict | undefined, mode: MoveMode): void {
  const target = ended.targets?.get(id);
  const refuse = (why: string): void => tellError(new Error(why), topic);
  if (ended.error !== "") refuse(ended.error);
  else if (!verdict) refuse("Dropped before the list of possible masters had arrived; drag it again.");
  else if (!target || verdict.Verdict === "no") refuse(`${keyText(ended.source.Key)} cannot move to ${id}: ${verdict.Reason}`);
  else openDialog({ kind: "plan", plan: movePlan(ended.source.Key, target.Key, verdict, mode) });
}

function sentenceOf(drag: Drag, verdictFor: (id: string) => Verdict | undefined): string {
  if (drag.error !== "") return `The server refuses: ${drag.error}`;
  if (!drag.targets) return "Checking possible masters…";
  const verdict = drag.over === undefined ? undefined : verdictFor(drag.over);
  return verdict ? verdictText(verdict) : "Drop it on a marked instance; Escape cancels.";
}
