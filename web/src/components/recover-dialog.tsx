// How to recover the replicas of a failed instance: automatically, or by one of the operations that the server offers.

import type { JSX } from "preact";
import { type Analysis, instancePath, keyText } from "../requests";
import { openDialog, type PlanRequest } from "../dialogs";
import { useLoaded } from "../loading";
import { planOf } from "../plans";
import { recoveryPlans } from "./analyses";
import { Dialog } from "./dialog";
import { LoadingState } from "./loading-state";
import { Said } from "./said";

interface Choice {
  label: string;
  plan: PlanRequest;
}

export function RecoverDialog({ analysis, onClose }: { analysis: Analysis; onClose: () => void }): JSX.Element {
  const of = analysis.AnalyzedInstanceKey;
  const loaded = useLoaded(instancePath("actions", of), () => false);
  const offered = (loaded.value?.Actions ?? []).filter(({ Section }) => Section === "replicas" || Section === "recovery");
  const choices: Choice[] = [
    ...recoveryPlans(analysis).map((plan) => ({ label: `${plan.button} automatically (${analysis.Analysis})`, plan })),
    ...offered.map((action) => ({ label: action.Label, plan: planOf(action, of) })),
  ];
  return (
    <Dialog title={`Recover the replicas of ${keyText(of)}`} name="recover" onClose={onClose}
      buttons={<button type="button" onClick={onClose}>Cancel</button>}>
      <p>Each choice shows its plan first.</p>
      <ul class="choices">
        {choices.map(({ label, plan }) => (
          <li key={plan.path} data-choice={plan.path.split("/", 1)[0]}>
            <button type="button" disabled={plan.refusal !== undefined} onClick={() => {
              onClose();
              openDialog({ kind: "plan", plan });
            }}>
              <Said text={label} />
            </button>
            {plan.refusal !== undefined && <span class="choice-reason"><Said text={plan.refusal} /></span>}
          </li>
        ))}
      </ul>
      <LoadingState of={loaded} what="The list of operations" />
    </Dialog>
  );
}
