// The steps of a plan while it is carried out.

export type StepState = "waiting" | "running" | "done" | "failed" | "not reached";

export interface ShownStep {
  text: string;
  state: StepState;
  // Not part of the plan: what was decided on the way, or the undoing of what was done.
  isExtra: boolean;
}

export function stepsOf(plan: string): ShownStep[] {
  return plan
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((text) => ({ text, state: "waiting", isExtra: false }));
}

// What has been decided on the way: the plan as it is now. What was begun of it stays begun.
export function decided(steps: readonly ShownStep[], plan: string): ShownStep[] {
  const states = new Map(steps.map((step) => [step.text, step.state]));
  return stepsOf(plan).map((step) => ({ ...step, state: states.get(step.text) ?? step.state }));
}

const serverOf = (text: string): string => text.slice(0, Math.max(0, text.indexOf(": ")));

// The server says a step's text when the step begins. What ran on the same server before has then ended; other
// servers' steps may run at the same time.
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

// When it went well, all was done, whether or not news of each step came.
export function ended(steps: readonly ShownStep[], wentWell: boolean): ShownStep[] {
  return steps.map((step) => {
    if (step.state === "done") return step;
    if (wentWell) return { ...step, state: "done" };
    return { ...step, state: step.state === "running" ? "failed" : "not reached" };
  });
}
