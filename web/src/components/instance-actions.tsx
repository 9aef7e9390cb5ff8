// The buttons of the instance dialog: the operations that the server offers, each confirmed according to its danger.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { planOf } from "../action-plans";
import { act, type Action, type Actions, type InstanceKey, instancePath, keyText } from "../requests";
import { settle, tellError, tellInfo, topicOf } from "../alerts";
import { openDialog } from "../dialogs";
import { askForEverything, type News } from "../events";
import { useLoaded } from "../loading";
import { useShown } from "../shown";
import { LoadingState } from "./loading-state";
import { Said } from "./said";

const sections: { name: Action["Section"]; title: string }[] = [
  { name: "replication", title: "Replication" },
  { name: "server", title: "Server" },
  { name: "move", title: "Position in the topology" },
  { name: "replicas", title: "Replicas and siblings" },
];

interface Properties {
  subject: InstanceKey;
  whyNot: string;
  concerns: (news: News) => boolean;
  onForgotten: () => void;
  reload: () => void;
}

interface Operations {
  // The operation that runs now; "": none.
  running: string;
  run: (path: string, name: string) => void;
}

// Runs operations that have no plan; their results are messages.
function useOperations(subject: InstanceKey, onEnd: () => void): Operations {
  const [running, setRunning] = useState("");
  const carryOut = async (path: string, name: string): Promise<void> => {
    setRunning(name);
    settle(topicOf(subject));
    try {
      tellInfo((await act(path)).Message, topicOf(subject));
    } catch (error) {
      tellError(error, topicOf(subject));
    }
    setRunning("");
    onEnd();
    askForEverything();
  };
  return { running, run: (path, name) => void carryOut(path, name) };
}

const forget = (subject: InstanceKey, onForgotten: () => void): void =>
  openDialog({
    kind: "confirm",
    confirm: {
      title: `Forget ${keyText(subject)}`,
      text: "It is removed from the backend, and the servers are not changed. If it is still part of a topology, it is found again.",
      button: "Forget",
      isDangerous: true,
      path: instancePath("forget", subject),
      subject,
      done: onForgotten,
    },
  });

export function InstanceActions({ subject, whyNot, concerns, onForgotten, reload }: Properties): JSX.Element {
  const shown = useShown();
  const offered = useLoaded<Actions>(instancePath("actions", subject), concerns);
  const { running, run } = useOperations(subject, () => {
    reload();
    offered.reload();
  });
  const isDisabled = whyNot !== "" || running !== "";
  const reason = whyNot === "" ? undefined : whyNot;

  const start = (action: Action): void => {
    if (action.Danger === "none") run(action.Path, action.Operation);
    else openDialog({ kind: "plan", plan: planOf(action, subject) });
  };
  const button = (action: Action): JSX.Element => (
    <button key={action.Operation} type="button" class={action.Warning !== "" ? "danger" : ""}
      disabled={isDisabled || action.Refusal !== ""}
      title={reason ?? shown.text(action.Refusal !== "" ? action.Refusal : action.Explanation)}
      data-action={action.Operation} onClick={() => start(action)}>
      {running === action.Operation ? "Running…" : <Said text={action.Label} />}
    </button>
  );
  return (
    <section class="actions" aria-label="Operations">
      <h3>Discovery</h3>
      <p class="buttons">
        <button type="button" disabled={isDisabled} title={reason} data-action="refresh"
          onClick={() => run(instancePath("refresh", subject), "refresh")}>
          {running === "refresh" ? "Refreshing…" : "Refresh"}
        </button>
        <button type="button" class="danger" disabled={isDisabled} title={reason} data-action="forget" onClick={() => forget(subject, onForgotten)}>
          Forget
        </button>
      </p>
      <LoadingState of={offered} what="The list of operations" />
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
