// The buttons of an instance's dialog; each asks as much as its danger deserves.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, type Instance, instancePath, keyText, messageOf } from "../api";
import { type Action, actionPath, actionsFor, actionTitle } from "../actions";
import { openDialog, type PlanRequest } from "../dialogs";
import { askForEverything } from "../events";

const groups: { name: Action["group"]; title: string }[] = [
  { name: "replication", title: "Replication" },
  { name: "server", title: "Server" },
  { name: "move", title: "Place in the topology" },
  { name: "replicas", title: "Others" },
];

function planOf(action: Action, instance: Instance): PlanRequest {
  const plan: PlanRequest = {
    title: actionTitle(action, instance.Key),
    path: actionPath(action, instance.Key),
    subject: instance.Key,
    button: action.label,
    explanation: action.explanation,
  };
  if (action.warning !== undefined) plan.warning = action.warning;
  if (action.isTyped) plan.typed = keyText(instance.Key);
  return plan;
}

interface Properties {
  instance: Instance;
  whyNot: string;
  onForgotten: () => void;
  reload: () => void;
}

export function InstanceActions({ instance, whyNot, onForgotten, reload }: Properties): JSX.Element {
  const [running, setRunning] = useState("");
  const [outcome, setOutcome] = useState<{ isGood: boolean; text: string } | undefined>();
  const actions = actionsFor(instance);
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
    askForEverything();
  };

  const start = (action: Action): void => {
    if (action.asking === "direct") void carryOut(actionPath(action, instance.Key), action.name);
    else openDialog({ kind: "plan", plan: planOf(action, instance) });
  };

  const forget = (): void =>
    openDialog({
      kind: "confirm",
      confirm: {
        title: `Forget ${keyText(instance.Key)}`,
        text: "It is removed from what is known, and the servers are left as they are. If it is still part of a topology, it is found again.",
        button: "Forget",
        isDangerous: true,
        path: instancePath("forget", instance.Key),
        done: onForgotten,
      },
    });

  return (
    <section class="actions" aria-label="Operations">
      {outcome && (
        <div class={`alert ${outcome.isGood ? "alert-success" : "alert-error"}`} role={outcome.isGood ? "status" : "alert"}>
          <span class="alert-text">{!outcome.isGood && <b>Failed: </b>}{outcome.text}</span>
        </div>
      )}
      <h3>Known facts</h3>
      <p class="buttons">
        <button type="button" disabled={isDisabled} title={reason} data-action="refresh"
          onClick={() => void carryOut(instancePath("refresh", instance.Key), "refresh")}>
          {running === "refresh" ? "Refreshing…" : "Refresh"}
        </button>
        <button type="button" class="danger" disabled={isDisabled} title={reason} data-action="forget" onClick={forget}>
          Forget
        </button>
      </p>
      {groups.map(({ name, title }) => {
        const own = actions.filter((action) => action.group === name);
        return own.length === 0 ? null : (
          <section key={name}>
            <h3>{title}</h3>
            <p class="buttons">
              {own.map((action) => (
                <button key={action.name} type="button" class={action.isDangerous ? "danger" : ""} disabled={isDisabled}
                  title={reason ?? action.explanation} data-action={action.name} onClick={() => start(action)}>
                  {running === action.name ? "Under way…" : action.label}
                </button>
              ))}
            </p>
          </section>
        );
      })}
    </section>
  );
}
