// The plan dialogs of the actions that the server offers, and of those that it refuses because a master may be alive.

import type { PlanRequest } from "./dialogs";
import { type Action, type InstanceKey, keyText, withQuery } from "./requests";

// The server's refusal names the way around it.
export const namesForce = (refusal: string): boolean => refusal.includes("-force ");

// What is known may be outdated, and what can be forced is offered with the refusal that the server gives now.
export const isRefused = ({ MayBeForced, Refusal }: Action): boolean =>
  Refusal !== "" && !(MayBeForced && namesForce(Refusal));

// The same operation, although a master may be alive: the name must be typed.
export const forced = (plan: PlanRequest, refusal: string): PlanRequest => ({
  title: `Force: ${plan.title}`,
  path: withQuery(plan.path, { force: "true" }),
  subject: plan.subject,
  button: "Force",
  warning: `${refusal}. If it is alive, two servers take writes, and data are lost.`,
  isNameTyped: true,
});

export function planOf(action: Action, subject: InstanceKey): PlanRequest {
  const plan: PlanRequest = {
    title: `${action.Label}: ${keyText(subject)}`,
    path: action.Path,
    subject,
    button: action.Label,
    explanation: action.Explanation,
  };
  if (isRefused(action)) plan.refusal = action.Refusal;
  if (action.MayBeForced) plan.mayBeForced = true;
  if (action.Warning !== "") plan.warning = action.Warning;
  if (action.Danger === "type-name") plan.isNameTyped = true;
  return plan;
}
