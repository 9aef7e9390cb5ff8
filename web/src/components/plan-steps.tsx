// The steps of a plan, each with its state.

import type { JSX } from "preact";
import type { ShownStep } from "../progress";
import { Said } from "./said";

const stateSign: Record<ShownStep["state"], string> = {
  waiting: "○",
  running: "▶",
  done: "✓",
  failed: "✗",
  undone: "↺",
  "not reached": "–",
};

export function PlanSteps({ steps }: { steps: ShownStep[] }): JSX.Element {
  return (
    <ol class="steps" data-plan>
      {steps.map((step, index) => (
        <li key={index} class={`step step-${step.state.replace(" ", "-")}`} data-step={step.state}>
          <span class="step-sign" role="img" aria-label={step.state}>{stateSign[step.state]}</span>
          <span>{step.isExtra && <i>Not in the plan: </i>}<Said text={step.text} />{step.reason !== undefined && <>: <Said text={step.reason} /></>}</span>
        </li>
      ))}
    </ol>
  );
}
