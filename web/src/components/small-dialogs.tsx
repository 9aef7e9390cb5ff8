// Dialogs with one question: the alias of a cluster, and how to recover the replicas of a dead instance.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, type Analysis, apiPath, type InstanceKey, instancePath, keyText, messageOf, withQuery } from "../api";
import { tellInfo } from "../alerts";
import { openDialog } from "../dialogs";
import { askForEverything } from "../events";
import type { RecoverChoice } from "../model";
import { openRecovery } from "./analyses";
import { Dialog } from "./dialog";

export function AliasDialog({ cluster, alias, onClose }: { cluster: string; alias: string; onClose: () => void }): JSX.Element {
  const [error, setError] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get("alias");
    try {
      const { Message } = await act(withQuery(apiPath("set-cluster-alias", cluster), { alias: String(given ?? "").trim() }));
      onClose();
      tellInfo(Message);
      askForEverything();
    } catch (failure) {
      setError(messageOf(failure));
    }
  };
  return (
    <Dialog title="Alias of the cluster" name="alias" onClose={onClose}
      buttons={<>
        <button type="submit" form="alias-form" class="primary">Set alias</button>
        <button type="button" onClick={onClose}>Cancel</button>
      </>}>
      <form id="alias-form" onSubmit={(event) => void submit(event)}>
        <label>
          Alias for cluster <code>{cluster}</code>
          <input type="text" name="alias" required maxLength={128} defaultValue={alias} autofocus />
        </label>
      </form>
      {error !== "" && <div class="alert alert-error" role="alert"><span class="alert-text">{error}</span></div>}
    </Dialog>
  );
}

interface RecoverProperties {
  of: InstanceKey;
  choices: RecoverChoice[];
  analysis: Analysis | undefined;
  onClose: () => void;
}

export function RecoverDialog({ of, choices, analysis, onClose }: RecoverProperties): JSX.Element {
  const choose = ({ operation, below, label }: RecoverChoice): void => {
    onClose();
    const path = below
      ? instancePath(operation, of, below.Hostname, below.Port)
      : instancePath(operation, of);
    openDialog({ kind: "plan", plan: { title: label, path, subject: of, button: "Do it" } });
  };
  return (
    <Dialog title={`Recover the replicas of ${keyText(of)}`} name="recover" onClose={onClose}
      buttons={<button type="button" onClick={onClose}>Cancel</button>}>
      <p>The instance itself is not contacted. Each choice shows its plan first.</p>
      <ul class="choices">
        {analysis && (
          <li>
            <button type="button" data-recover onClick={() => {
              onClose();
              openRecovery(analysis);
            }}>
              Recover automatically ({analysis.Analysis})
            </button>
          </li>
        )}
        {choices.map((choice) => (
          <li key={choice.label}>
            <button type="button" onClick={() => choose(choice)}>{choice.label}</button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
