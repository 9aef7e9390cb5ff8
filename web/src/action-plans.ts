// The plan dialog of an operation that the server offers.

import { type Action, type InstanceKey, keyText } from "./requests";
import type { PlanRequest } from "./dialogs";

export function planOf(action: Action, subject: InstanceKey): PlanRequest {
  const plan: PlanRequest = {
    title: `${action.Label}: ${keyText(subject)}`,
    path: action.Path,
    subject,
    button: action.Label,
    explanation: action.Explanation,
  };
  if (action.Warning !== "") plan.warning = action.Warning;
  if (action.Danger === "type-name") plan.isNameTyped = true;
  return plan;
}
