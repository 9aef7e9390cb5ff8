// The steps of a plan while it runs.

export type StepState = "waiting" | "running" | "done" | "failed" | "undone" | "not reached";

export interface ShownStep {
  text: string;
  state: StepState;
  // Not part of the plan: a step decided during the run, or a rollback step.
  isExtra: boolean;
  // Why it failed.
  reason?: string;
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

// Whether news of a step with this text may be about a step in that state. A step that failed may be tried again.
const mayBegin = (state: StepState): boolean => state === "waiting" || state === "failed";

const replaced = (steps: readonly ShownStep[], index: number, by: ShownStep): ShownStep[] =>
  steps.map((step, at) => (at === index ? by : step));

// The server tells when a step begins, and what became of it.
export function begun(steps: readonly ShownStep[], text: string): ShownStep[] {
  const index = steps.findIndex((step) => mayBegin(step.state) && step.text === text);
  const step = steps[index];
  if (!step) return [...steps, { text, state: "running", isExtra: true }];
  return replaced(steps, index, { text, state: "running", isExtra: step.isExtra });
}

// The result of the step that began last with this text; "undone" of one that was done.
export function settled(steps: readonly ShownStep[], text: string, state: StepState, reason: string): ShownStep[] {
  const wanted = state === "undone" ? "done" : "running";
  const index = steps.map((step) => step.state === wanted && step.text === text).lastIndexOf(true);
  const step = steps[index];
  if (!step) return [...steps];
  return replaced(steps, index, { text, state, isExtra: step.isExtra, ...(reason === "" ? {} : { reason }) });
}

// The operation is over: what has not begun by now does not. News of steps may have been missed; then a success tells
// that they are done.
export function ended(steps: readonly ShownStep[], wentWell: boolean): ShownStep[] {
  return steps.map((step) => {
    if (wentWell && (step.state === "waiting" || step.state === "running")) return { ...step, state: "done" };
    if (step.state === "waiting") return { ...step, state: "not reached" };
    return step.state === "running" ? { ...step, state: "failed" } : step;
  });
}
