// Moving an instance: the server's verdict on each possible target, as text and as a plan.

import { type InstanceKey, keyText, type MoveTarget, type Verdict } from "./requests";
import type { MoveMode, PlanRequest } from "./dialogs";

export const verdictOf = (target: MoveTarget, mode: MoveMode): Verdict =>
  mode === "classic" ? target.Classic : target.PseudoGTID;

const operationText: Record<string, string> = {
  "move-up": "moves up, below it",
  "move-below": "moves below it",
  "make-co-master": "becomes its co-master",
  "match-below": "is matched below it by Pseudo-GTID",
  "match-up": "is matched up, below it",
  "enslave-master": "swaps places with it",
  repoint: "is repointed to it",
};

export function verdictText(verdict: Verdict): string {
  const what = operationText[verdict.Operation] ?? verdict.Operation;
  switch (verdict.Verdict) {
    case "ok": return `✓ Possible: ${what}`;
    case "warning": return `! Possible, but: ${verdict.Reason}`;
    case "no": return `✕ ${verdict.Reason}`;
  }
}

export function movePlan(moved: InstanceKey, target: InstanceKey, verdict: Verdict, mode: MoveMode): PlanRequest {
  const isCoMaster = verdict.Operation === "make-co-master";
  const plan: PlanRequest = {
    title: isCoMaster ? `Make ${keyText(moved)} and ${keyText(target)} co-masters` : `Move ${keyText(moved)} below ${keyText(target)}`,
    path: verdict.Path,
    // If a master is dragged onto its replica, the operation runs on the replica.
    subject: isCoMaster ? target : moved,
    button: isCoMaster ? "Make co-masters" : "Move",
  };
  if (mode === "pseudo-gtid") plan.explanation = "PSEUDO-GTID MODE";
  if (verdict.Verdict === "warning") plan.warning = verdict.Reason;
  return plan;
}
