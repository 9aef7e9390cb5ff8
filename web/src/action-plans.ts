// The dialogs that ask before an action of the server runs.

import type { Action, InstanceKey } from "./requests";
import { openDialog } from "./dialogs";
import { planOf } from "./plans";

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
