// The state of a plan: requested, shown, running, over.

import { useEffect, useRef, useState } from "preact/hooks";
import { act, apiPath, type InstanceKey, keyText, messageOf, withQuery } from "../requests";
import { settle, tellError, tellInfo, topicOf } from "../alerts";
import type { PlanRequest } from "../dialogs";
import { askForEverything, onNews } from "../events";
import { begun, decided, ended, settled, type ShownStep, type StepState, stepsOf } from "../progress";

export type Phase =
  | { name: "planning" | "running" }
  | { name: "refused" | "asking" | "done" | "failed"; message: string };

export interface PlanRun {
  phase: Phase;
  steps: ShownStep[];
  carryOut: () => void;
}

const resultOf: Partial<Record<string, StepState>> = {
  "step-done": "done",
  "step-failed": "failed",
  "step-undone": "undone",
};

// Other users may be moving other instances. A recovery consists of other operations on the same instance.
const isNewsOf = (plan: PlanRequest, { Operation, Key }: { Operation: string; Key: InstanceKey }): boolean =>
  (plan.path.startsWith(`${Operation}/`) || (plan.path.startsWith("recover/") && Operation !== "recover")) &&
  (keyText(Key) === keyText(plan.subject) || `${plan.path}/`.includes(`/${apiPath(Key.Hostname, Key.Port)}/`));

export function usePlanRun(plan: PlanRequest): PlanRun {
  const [phase, setPhase] = useState<Phase>({ name: "planning" });
  const [steps, setSteps] = useState<ShownStep[]>([]);
  const isShown = useRef(true);

  useEffect(() => {
    isShown.current = true;
    act(withQuery(plan.path, { "dry-run": "true" })).then(
      ({ Details, Message }) => {
        setSteps(stepsOf(typeof Details === "string" ? Details : ""));
        setPhase({ name: "asking", message: Message });
      },
      (error: unknown) => setPhase({ name: "refused", message: messageOf(error) }),
    );
    return () => {
      isShown.current = false;
    };
  }, [plan.path]);

  const isRunning = phase.name === "running";
  useEffect(() => {
    if (!isRunning) return;
    return onNews((news) => {
      if (news.kind !== "operation" || !isNewsOf(plan, news)) return;
      // One line is a step; several lines are a plan.
      if (news.State === "step")
        setSteps((before) => (news.Step.includes("\n") ? decided(before, news.Step) : begun(before, news.Step)));
      const result = resultOf[news.State];
      if (result) setSteps((before) => settled(before, news.Step, result, news.Reason));
    });
  }, [isRunning, plan]);

  const carryOut = async (): Promise<void> => {
    setPhase({ name: "running" });
    const topic = topicOf(plan.subject);
    settle(topic);
    try {
      const { Message } = await act(plan.path);
      setSteps((before) => ended(before, true));
      setPhase({ name: "done", message: Message });
      // The dialog was closed.
      if (!isShown.current) tellInfo(Message, topic);
    } catch (error) {
      setSteps((before) => ended(before, false));
      setPhase({ name: "failed", message: messageOf(error) });
      if (!isShown.current) tellError(error, topic);
    }
    askForEverything();
  };
  return { phase, steps, carryOut: () => void carryOut() };
}
