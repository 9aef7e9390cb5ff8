// The steps of a plan while it runs.

export type StepState = "waiting" | "running" | "done" | "failed" | "not reached";

export interface ShownStep {
  text: string;
  state: StepState;
  // Not part of the plan: a step decided during the run, or a rollback step.
  isExtra: boolean;
}

export function stepsOf(plan: string): ShownStep[] {
  return plan
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((text) => ({ text, state: "waiting", isExtra: false }));
}

// The plan after a decision during the run. Steps that have begun keep their state.
export function decided(steps: readonly ShownStep[], plan: string): ShownStep[] {
  const states = new Map(steps.map((step) => [step.text, step.state]));
  return stepsOf(plan).map((step) => ({ ...step, state: states.get(step.text) ?? step.state }));
}

const serverOf = (text: string): string => text.slice(0, Math.max(0, text.indexOf(": ")));

// The server sends the text of a step when the step begins. The previous step on the same server has then ended;
// steps on other servers may run at the same time.
export function begun(steps: readonly ShownStep[], text: string): ShownStep[] {
  const server = serverOf(text);
  const moved = steps.map((step) =>
    step.state === "running" && serverOf(step.text) === server ? { ...step, state: "done" as const } : step,
  );
  const index = moved.findIndex((step) => step.state === "waiting" && step.text === text);
  const step = moved[index];
  if (!step) return [...moved, { text, state: "running", isExtra: true }];
  moved[index] = { ...step, state: "running" };
  return moved;
}

// After a success, all steps are done, even if the news of some steps were missed.
export function ended(steps: readonly ShownStep[], wentWell: boolean): ShownStep[] {
  return steps.map((step) => {
    if (step.state === "done") return step;
    if (wentWell) return { ...step, state: "done" };
    return { ...step, state: step.state === "running" ? "failed" : "not reached" };
  });
}
