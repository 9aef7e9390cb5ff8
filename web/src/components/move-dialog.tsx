// Moves an instance without dragging: lists every possible master with the operation, or the reason against it.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { type InstanceKey, instancePath, keyText, type MoveTarget } from "../requests";
import { type MoveMode, openDialog } from "../dialogs";
import { useLoaded } from "../loading";
import { compareNames } from "../model";
import { movePlan, verdictOf, verdictText } from "../moves";
import { useValue } from "../observable";
import { settings } from "../shared";
import { useShown } from "../shown";
import { Dialog } from "./dialog";
import { LoadingState } from "./loading-state";
import { Named, Said } from "./said";

const rank = { ok: 0, warning: 1, no: 2 };

export function MoveDialog({ of, mode: first, onClose }: { of: InstanceKey; mode: MoveMode; onClose: () => void }): JSX.Element {
  const [mode, setMode] = useState<MoveMode>(first);
  const [filter, setFilter] = useState("");
  const { PseudoGTIDModeEnabled } = useValue(settings);
  const shown = useShown();
  const loaded = useLoaded(instancePath("move-targets", of), () => false);

  const targets = useMemo(
    () =>
      [...(loaded.value?.Targets ?? [])]
        .filter((target) => shown.name("instance", keyText(target.Key)).toLowerCase().includes(filter.toLowerCase()))
        .sort(
          (a, b) =>
            rank[verdictOf(a, mode).Verdict] - rank[verdictOf(b, mode).Verdict] ||
            compareNames(keyText(a.Key), keyText(b.Key)),
        ),
    [loaded.value, mode, filter, shown],
  );

  const choose = (target: MoveTarget): void => {
    onClose();
    openDialog({ kind: "plan", plan: movePlan(of, target.Key, verdictOf(target, mode), mode) });
  };

  return (
    <Dialog title={`Move ${keyText(of)}`} name="move" onClose={onClose} isWide
      buttons={<button type="button" onClick={onClose}>Cancel</button>}>
      {PseudoGTIDModeEnabled && (
        <fieldset class="modes">
          <legend>Mode</legend>
          {(["classic", "pseudo-gtid"] as const).map((one) => (
            <label key={one} class="check">
              <input type="radio" name="mode" checked={mode === one} onChange={() => setMode(one)} />{" "}
              {one === "classic" ? "Classic" : "Pseudo-GTID"}
            </label>
          ))}
        </fieldset>
      )}
      <label>
        Find a target
        <input type="search" autofocus value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
      </label>
      <LoadingState of={loaded} what="The list of targets" />
      {loaded.value && targets.length === 0 && <p>No instance of the cluster fits.</p>}
      <ul class="targets" aria-label="Targets">
        {targets.map((target) => {
          const verdict = verdictOf(target, mode);
          return (
            <li key={keyText(target.Key)} class={`target target-${verdict.Verdict}`} data-target={shown.name("instance", keyText(target.Key))}
              data-droppable={verdict.Verdict}>
              <button type="button" disabled={verdict.Verdict === "no"} onClick={() => choose(target)}>
                Move to <Named kind="instance" name={keyText(target.Key)} />
              </button>
              <span class="target-reason"><Said text={verdictText(verdict)} /></span>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
