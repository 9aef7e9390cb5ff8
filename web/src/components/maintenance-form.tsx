// Begins and ends the maintenance of an instance, which locks it against moves.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, type InstanceKey, instancePath, type Maintenance, messageOf, withQuery } from "../requests";
import { durationText } from "../display";
import { askForEverything } from "../events";
import { owner } from "../preferences";
import { settings } from "../shared";
import { useShown } from "../shown";
import { ErrorBox } from "./loading-state";
import { Named } from "./said";

interface Properties {
  instance: InstanceKey;
  held: Maintenance | undefined;
  whyNot: string;
}

export function MaintenanceForm({ instance, held, whyNot }: Properties): JSX.Element {
  const [error, setError] = useState("");
  const [isRunning, setRunning] = useState(false);

  const carryOut = async (path: string): Promise<void> => {
    setRunning(true);
    setError("");
    try {
      await act(path);
    } catch (failure) {
      setError(messageOf(failure));
    }
    setRunning(false);
    askForEverything();
  };

  const isDisabled = whyNot !== "" || isRunning;
  return (
    <section aria-label="Maintenance" class="maintenance" data-maintenance={held ? "held" : "free"}>
      <h3>Maintenance</h3>
      {held ? (
        <>
          <p>
            In maintenance since {held.BeginTimestamp} ({durationText(held.SecondsElapsed)}), by <b><Named kind="user" name={held.Owner} /></b>:{" "}
            <Named kind="text" name={held.Reason} />
          </p>
          <button type="button" disabled={isDisabled} title={whyNot}
            onClick={() => void carryOut(instancePath("end-maintenance", instance))}>
            End maintenance
          </button>
        </>
      ) : (
        <BeginForm instance={instance} isDisabled={isDisabled} whyNot={whyNot} onSubmit={(path) => void carryOut(path)} />
      )}
      {error !== "" && <ErrorBox label="Failed:" error={error} />}
    </section>
  );
}

interface BeginProperties {
  instance: InstanceKey;
  isDisabled: boolean;
  whyNot: string;
  onSubmit: (path: string) => void;
}

function BeginForm({ instance, isDisabled, whyNot, onSubmit }: BeginProperties): JSX.Element {
  const { isAnonymous } = useShown();
  const usual = owner.value || settings.value.User;
  // While names are anonymous, the usual owner is used without being shown.
  const isOwnerHidden = isAnonymous && usual !== "";
  const begin = (event: Event): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(given.get(name) ?? "").trim();
    const chosen = isOwnerHidden ? usual : text("owner");
    owner.set(chosen);
    const path = instancePath("begin-maintenance", instance, chosen, text("reason"));
    onSubmit(text("duration") === "" ? path : withQuery(path, { duration: text("duration") }));
  };
  return (
    <form onSubmit={begin} class="fields">
      {!isOwnerHidden && <label>Owner <input type="text" name="owner" dir="auto" required defaultValue={usual} /></label>}
      <label>Reason <input type="text" name="reason" dir="auto" required /></label>
      <label>Duration
        <input type="text" name="duration" placeholder="2h" pattern="[0-9]+[smhdw]" title="A number and s, m, h, d or w; empty: as configured" />
      </label>
      <button type="submit" disabled={isDisabled} title={whyNot}>Begin maintenance</button>
    </form>
  );
}
