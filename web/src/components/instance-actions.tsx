// The buttons of the instance dialog: the operations that the server offers, each confirmed according to its danger.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { confirmAction } from "../action-plans";
import { isRefused } from "../plans";
import { act, type Action, type InstanceKey, instancePath } from "../requests";
import { settle, tellError, tellInfo, topicOf } from "../alerts";
import { askForEverything, type News } from "../events";
import { useLoaded } from "../loading";
import { useShown } from "../shown";
import { LoadingState } from "./loading-state";
import { Said } from "./said";

const sections: { name: Action["Section"]; title: string }[] = [
  { name: "discovery", title: "Discovery" },
  { name: "leftovers", title: "Interrupted operation" },
  { name: "replication", title: "Replication" },
  { name: "server", title: "Server" },
  { name: "move", title: "Position in the topology" },
  { name: "replicas", title: "Replicas and siblings" },
];

// The red buttons: what the user must acknowledge, and what has no plan to look at first.
const isDangerous = ({ Danger, HasPlan, Warning }: Action): boolean => Warning !== "" || (Danger !== "none" && !HasPlan);

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

export function InstanceActions({ subject, whyNot, concerns, onForgotten, reload }: Properties): JSX.Element {
  const shown = useShown();
  const offered = useLoaded(instancePath("actions", subject), concerns);
  const { running, run } = useOperations(subject, () => {
    reload();
    offered.reload();
  });
  const isDisabled = whyNot !== "" || running !== "";
  const reason = whyNot === "" ? undefined : whyNot;

  const start = (action: Action): void => {
    if (action.Danger === "none") run(action.Path, action.Operation);
    else confirmAction(action, subject, onForgotten);
  };
  const button = (action: Action): JSX.Element => (
    <button key={action.Operation} type="button" class={isDangerous(action) ? "danger" : ""}
      disabled={isDisabled || isRefused(action)}
      title={reason ?? shown.text(action.Refusal !== "" ? action.Refusal : action.Explanation)}
      data-action={action.Operation} onClick={() => start(action)}>
      {running === action.Operation ? "Running…" : <Said text={action.Label} />}
    </button>
  );
  return (
    <section class="actions" aria-label="Operations">
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
