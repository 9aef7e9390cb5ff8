// The dialogs that ask before an action of the server runs.

import { type Action, type InstanceKey, keyText } from "./requests";
import { openDialog, type PlanRequest } from "./dialogs";

export function planOf(action: Action, subject: InstanceKey): PlanRequest {
  const plan: PlanRequest = {
    title: `${action.Label}: ${keyText(subject)}`,
    path: action.Path,
    subject,
    button: action.Label,
    explanation: action.Explanation,
  };
  if (action.Refusal !== "") plan.refusal = action.Refusal;
  if (action.Warning !== "") plan.warning = action.Warning;
  if (action.Danger === "type-name") plan.isNameTyped = true;
  return plan;
}

// Shows the plan, or else the explanation, and asks. `quoted`: a text that the action is about.
export function confirmAction(action: Action, subject: InstanceKey, done: () => void, quoted?: string): void {
  const plan = planOf(action, subject);
  if (action.HasPlan) openDialog({ kind: "plan", plan });
  else {
    openDialog({
      kind: "confirm",
      confirm: {
        title: plan.title, text: action.Explanation, button: plan.button, isDangerous: true, path: plan.path, subject, done,
        ...(quoted !== undefined && { quoted }),
      },
    });
  }
}
