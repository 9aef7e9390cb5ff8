// Input that the user must give before an operation that is hard to undo can run.

import type { JSX } from "preact";
import { keyText } from "../requests";
import type { PlanRequest } from "../dialogs";
import { useShown } from "../shown";
import { Said } from "./said";

export const needsSafeguard = (plan: PlanRequest): boolean => plan.warning !== undefined || plan.isNameTyped === true;

export function Safeguard({ plan, onChange }: { plan: PlanRequest; onChange: (isMet: boolean) => void }): JSX.Element | null {
  const name = useShown().name("instance", keyText(plan.subject));
  if (!needsSafeguard(plan)) return null;
  return (
    <div class="safeguard">
      {plan.warning !== undefined && <p><b>Careful: </b><Said text={plan.warning} /></p>}
      {plan.isNameTyped ? (
        <label>
          <span>To continue, type <code><bdi>{name}</bdi></code></span>
          <input type="text" dir="auto" autocomplete="off" spellcheck={false} data-typed
            onInput={(event) => onChange(event.currentTarget.value.trim() === name)} />
        </label>
      ) : (
        <label class="check">
          <input type="checkbox" onChange={(event) => onChange(event.currentTarget.checked)} /> I understand, continue
        </label>
      )}
    </div>
  );
}
