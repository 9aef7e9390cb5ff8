// Shows the plan of an operation step by step; then, on request, runs it and shows progress and result.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { openDialog, type PlanRequest } from "../dialogs";
import { forced, namesForce } from "../plans";
import { Dialog } from "./dialog";
import { ErrorBox, Waiting } from "./loading-state";
import { needsSafeguard, Safeguard } from "./plan-safeguard";
import { PlanSteps } from "./plan-steps";
import { Said } from "./said";
import { type Phase, usePlanRun } from "./use-plan-run";

export function PlanDialog({ plan, onClose }: { plan: PlanRequest; onClose: () => void }): JSX.Element {
  const { phase, steps, carryOut } = usePlanRun(plan);
  const [isMet, setMet] = useState(!needsSafeguard(plan));
  const isRunning = phase.name === "running";
  const isOver = phase.name === "done" || phase.name === "failed" || phase.name === "refused";
  const refusal = phase.name === "refused" ? phase.message : "";
  const buttons = (
    <>
      {plan.mayBeForced === true && namesForce(refusal) && (
        <button type="button" class="danger" data-force onClick={() => {
          onClose();
          openDialog({ kind: "plan", plan: forced(plan, refusal) });
        }}>
          Force…
        </button>
      )}
      {!isOver && (
        <button type="button" class={plan.warning !== undefined ? "danger" : "primary"} data-carry-out
          disabled={phase.name !== "asking" || !isMet || steps.length === 0} onClick={carryOut}>
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
        {plan.explanation !== undefined && <p><Said text={plan.explanation} /></p>}
        {phase.name === "planning" && <Waiting what="Requesting the plan…" />}
        {phase.name === "asking" && <p>{steps.length > 0 ? "Plan:" : <>There is nothing to do. <Said text={phase.message} /></>}</p>}
        {steps.length > 0 && <PlanSteps steps={steps} />}
        {phase.name === "asking" && steps.length > 0 && <Safeguard plan={plan} onChange={setMet} />}
        {isRunning && <Waiting what="Running…" />}
        <Outcome phase={phase} />
      </div>
    </Dialog>
  );
}

function Outcome({ phase }: { phase: Phase }): JSX.Element | null {
  switch (phase.name) {
    case "refused": return <ErrorBox label="Not possible:" error={phase.message} />;
    case "failed": return <ErrorBox label="Failed:" error={phase.message} />;
    case "done":
      return (
        <div class="alert alert-success" role="status"><span class="alert-text"><b>Done: </b><Said text={phase.message} /></span></div>
      );
    default: return null;
  }
}
