// Begins and ends the maintenance of an instance, which locks it against moves.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, type InstanceKey, instancePath, type Maintenance, messageOf, withQuery } from "../api";
import { durationText } from "../display";
import { askForEverything } from "../events";
import { owner } from "../preferences";
import { settings } from "../shared";

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

  const begin = (event: Event): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(given.get(name) ?? "").trim();
    owner.set(text("owner"));
    const path = instancePath("begin-maintenance", instance, text("owner"), text("reason"));
    void carryOut(text("duration") === "" ? path : withQuery(path, { duration: text("duration") }));
  };

  const isDisabled = whyNot !== "" || isRunning;
  const title = whyNot === "" ? undefined : whyNot;
  return (
    <section aria-label="Maintenance" class="maintenance" data-maintenance={held ? "held" : "free"}>
      <h3>Maintenance</h3>
      {held ? (
        <>
          <p>
            In maintenance since {held.BeginTimestamp} ({durationText(held.SecondsElapsed)}), by <b>{held.Owner}</b>:{" "}
            {held.Reason}
          </p>
          <button type="button" disabled={isDisabled} title={title}
            onClick={() => void carryOut(instancePath("end-maintenance", instance))}>
            End maintenance
          </button>
        </>
      ) : (
        <form onSubmit={begin} class="fields">
          <label>Owner <input type="text" name="owner" required defaultValue={owner.value || settings.value.User} /></label>
          <label>Reason <input type="text" name="reason" required /></label>
          <label>Duration
            <input type="text" name="duration" placeholder="2h" pattern="[0-9]+[smhdw]" title="A number and s, m, h, d or w; empty: as configured" />
          </label>
          <button type="submit" disabled={isDisabled} title={title}>Begin maintenance</button>
        </form>
      )}
      {error !== "" && <div class="alert alert-error" role="alert"><span class="alert-text"><b>Failed: </b>{error}</span></div>}
    </section>
  );
}
