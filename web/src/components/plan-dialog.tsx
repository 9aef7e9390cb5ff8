// Shows the plan of an operation step by step; then, on request, runs it and shows progress and result.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { act, apiPath, type InstanceKey, keyText, messageOf, withQuery } from "../api";
import { tellError, tellInfo } from "../alerts";
import type { PlanRequest } from "../dialogs";
import { askForEverything, onNews } from "../events";
import { begun, decided, ended, type ShownStep, stepsOf } from "../progress";
import { Dialog } from "./dialog";
import { Waiting } from "./failure";

type Phase =
  | { name: "planning" }
  | { name: "refused"; reason: string }
  | { name: "asking"; message: string }
  | { name: "running" }
  | { name: "done"; message: string }
  | { name: "failed"; message: string };

const stateSign: Record<ShownStep["state"], string> = {
  waiting: "○",
  running: "▶",
  done: "✓",
  failed: "✗",
  "not reached": "–",
};

function Steps({ steps }: { steps: ShownStep[] }): JSX.Element {
  return (
    <ol class="steps" data-plan>
      {steps.map((step, index) => (
        <li key={index} class={`step step-${step.state.replace(" ", "-")}`} data-step={step.state}>
          <span class="step-sign" role="img" aria-label={step.state}>{stateSign[step.state]}</span>
          <span>{step.isExtra && <i>Not in the plan: </i>}{step.text}</span>
        </li>
      ))}
    </ol>
  );
}

// For operations that are hard to undo: input that the user must give before the button is enabled.
function Safeguard({ plan, onChange }: { plan: PlanRequest; onChange: (isMet: boolean) => void }): JSX.Element | null {
  if (plan.warning === undefined && plan.typed === undefined) return null;
  return (
    <div class="safeguard">
      {plan.warning !== undefined && <p><b>Careful: </b>{plan.warning}</p>}
      {plan.typed !== undefined ? (
        <label>
          To continue, type <code>{plan.typed}</code>
          <input type="text" autocomplete="off" spellcheck={false} data-typed
            onInput={(event) => onChange(event.currentTarget.value.trim() === plan.typed)} />
        </label>
      ) : (
        <label class="check">
          <input type="checkbox" onChange={(event) => onChange(event.currentTarget.checked)} /> I understand, continue
        </label>
      )}
    </div>
  );
}

// Other users may be moving other instances. A recovery consists of other operations on the same instance.
const isNewsOf = (plan: PlanRequest, { Operation, Key }: { Operation: string; Key: InstanceKey }): boolean =>
  (plan.path.startsWith(`${Operation}/`) || (plan.path.startsWith("recover/") && Operation !== "recover")) &&
  (keyText(Key) === keyText(plan.subject) || `${plan.path}/`.includes(`/${apiPath(Key.Hostname, Key.Port)}/`));

export function PlanDialog({ plan, onClose }: { plan: PlanRequest; onClose: () => void }): JSX.Element {
  const [phase, setPhase] = useState<Phase>({ name: "planning" });
  const [steps, setSteps] = useState<ShownStep[]>([]);
  const [isMet, setMet] = useState(plan.warning === undefined && plan.typed === undefined);
  const isShown = useRef(true);

  useEffect(() => {
    isShown.current = true;
    act(withQuery(plan.path, { "dry-run": "true" })).then(
      ({ Details, Message }) => {
        setSteps(stepsOf(typeof Details === "string" ? Details : ""));
        setPhase({ name: "asking", message: Message });
      },
      (error: unknown) => setPhase({ name: "refused", reason: messageOf(error) }),
    );
    return () => {
      isShown.current = false;
    };
  }, [plan.path]);

  const isRunning = phase.name === "running";
  useEffect(() => {
    if (!isRunning) return;
    return onNews((news) => {
      if (news.kind === "operation" && news.State === "step" && isNewsOf(plan, news)) {
        // One line is a step; several lines are a plan.
        setSteps((before) => (news.Step.includes("\n") ? decided(before, news.Step) : begun(before, news.Step)));
      }
    });
  }, [isRunning, plan]);

  const carryOut = async (): Promise<void> => {
    setPhase({ name: "running" });
    try {
      const { Message } = await act(plan.path);
      setSteps((before) => ended(before, true));
      setPhase({ name: "done", message: Message });
      if (!isShown.current) tellInfo(Message);
    } catch (error) {
      setSteps((before) => ended(before, false));
      setPhase({ name: "failed", message: messageOf(error) });
      if (!isShown.current) tellError(error);
    }
    askForEverything();
  };

  const isOver = phase.name === "done" || phase.name === "failed" || phase.name === "refused";
  const buttons = (
    <>
      {!isOver && (
        <button type="button" class={plan.warning !== undefined ? "danger" : "primary"} data-carry-out
          disabled={phase.name !== "asking" || !isMet || steps.length === 0} onClick={() => void carryOut()}>
          {isRunning ? "Running…" : plan.button}
        </button>
      )}
      <button type="button" class={isOver ? "primary" : ""} onClick={onClose}>
        {isOver ? "Close" : isRunning ? "Close and continue in the background" : "Cancel"}
      </button>
    </>
  );

  return (
    <Dialog title={plan.title} name="plan" onClose={onClose} buttons={buttons} isWide>
      <div data-phase={phase.name}>
        {plan.explanation !== undefined && <p>{plan.explanation}</p>}
        {phase.name === "planning" && <Waiting what="Requesting the plan…" />}
        {phase.name === "refused" && (
          <div class="alert alert-error" role="alert"><span class="alert-text"><b>Not possible: </b>{phase.reason}</span></div>
        )}
        {phase.name === "asking" && <p>{steps.length > 0 ? "Plan:" : `There is nothing to do. ${phase.message}`}</p>}
        {steps.length > 0 && <Steps steps={steps} />}
        {phase.name === "asking" && steps.length > 0 && <Safeguard plan={plan} onChange={setMet} />}
        {isRunning && <Waiting what="Running…" />}
        {phase.name === "done" && (
          <div class="alert alert-success" role="status"><span class="alert-text"><b>Done: </b>{phase.message}</span></div>
        )}
        {phase.name === "failed" && (
          <div class="alert alert-error" role="alert"><span class="alert-text"><b>Failed: </b>{phase.message}</span></div>
        )}
      </div>
    </Dialog>
  );
}
