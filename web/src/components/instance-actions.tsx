// The buttons of the instance dialog: the operations that the server offers, each confirmed according to its danger.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, type Action, type Instance, instancePath, keyText, messageOf } from "../api";
import { openDialog, type PlanRequest } from "../dialogs";
import { askForEverything, type News } from "../events";
import { useLoaded } from "../loading";
import { Failure } from "./failure";

const sections: { name: Action["Section"]; title: string }[] = [
  { name: "replication", title: "Replication" },
  { name: "server", title: "Server" },
  { name: "move", title: "Position in the topology" },
  { name: "replicas", title: "Replicas and siblings" },
];

function planOf(action: Action, instance: Instance): PlanRequest {
  const plan: PlanRequest = {
    title: `${action.Label}: ${keyText(instance.Key)}`,
    path: action.Path,
    subject: instance.Key,
    button: action.Label,
    explanation: action.Explanation,
  };
  if (action.Warning !== "") plan.warning = action.Warning;
  if (action.Danger === "type-name") plan.typed = keyText(instance.Key);
  return plan;
}

interface Properties {
  instance: Instance;
  whyNot: string;
  concerns: (news: News) => boolean;
  onForgotten: () => void;
  reload: () => void;
}

export function InstanceActions({ instance, whyNot, concerns, onForgotten, reload }: Properties): JSX.Element {
  const [running, setRunning] = useState("");
  const [outcome, setOutcome] = useState<{ isGood: boolean; text: string } | undefined>();
  const offered = useLoaded<{ Actions: Action[] }>(instancePath("actions", instance.Key), concerns);
  const isDisabled = whyNot !== "" || running !== "";
  const reason = whyNot === "" ? undefined : whyNot;

  const carryOut = async (path: string, name: string): Promise<void> => {
    setRunning(name);
    setOutcome(undefined);
    try {
      setOutcome({ isGood: true, text: (await act(path)).Message });
    } catch (error) {
      setOutcome({ isGood: false, text: messageOf(error) });
    }
    setRunning("");
    reload();
    offered.reload();
    askForEverything();
  };

  const start = (action: Action): void => {
    if (action.Danger === "none") void carryOut(action.Path, action.Operation);
    else openDialog({ kind: "plan", plan: planOf(action, instance) });
  };

  const forget = (): void =>
    openDialog({
      kind: "confirm",
      confirm: {
        title: `Forget ${keyText(instance.Key)}`,
        text: "It is removed from the backend, and the servers are not changed. If it is still part of a topology, it is found again.",
        button: "Forget",
        isDangerous: true,
        path: instancePath("forget", instance.Key),
        done: onForgotten,
      },
    });

  const button = (action: Action): JSX.Element => (
    <button key={action.Operation} type="button" class={action.Warning !== "" ? "danger" : ""}
      disabled={isDisabled || action.Refusal !== ""}
      title={reason ?? (action.Refusal !== "" ? action.Refusal : action.Explanation)}
      data-action={action.Operation} onClick={() => start(action)}>
      {running === action.Operation ? "Running…" : action.Label}
    </button>
  );

  return (
    <section class="actions" aria-label="Operations">
      {outcome && (
        <div class={`alert ${outcome.isGood ? "alert-success" : "alert-error"}`} role={outcome.isGood ? "status" : "alert"}>
          <span class="alert-text">{!outcome.isGood && <b>Failed: </b>}{outcome.text}</span>
        </div>
      )}
      <h3>Discovery</h3>
      <p class="buttons">
        <button type="button" disabled={isDisabled} title={reason} data-action="refresh"
          onClick={() => void carryOut(instancePath("refresh", instance.Key), "refresh")}>
          {running === "refresh" ? "Refreshing…" : "Refresh"}
        </button>
        <button type="button" class="danger" disabled={isDisabled} title={reason} data-action="forget" onClick={forget}>
          Forget
        </button>
      </p>
      {offered.error !== "" && <Failure what="The operations cannot be read." error={offered.error} retry={offered.reload} />}
      {sections.map(({ name, title }) => {
        const own = (offered.value?.Actions ?? []).filter((action) => action.Section === name);
        return own.length === 0 ? null : (
          <section key={name}>
            <h3>{title}</h3>
            <p class="buttons">{own.map(button)}</p>
          </section>
        );
      })}
    </section>
  );
}
