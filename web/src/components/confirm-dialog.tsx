// Asks for confirmation before an operation that has no plan.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, messageOf } from "../requests";
import { tellInfo, topicOf } from "../alerts";
import type { ConfirmRequest } from "../dialogs";
import { askForEverything } from "../events";
import { Dialog } from "./dialog";
import { ErrorBox } from "./loading-state";
import { QuotedText } from "./quoted-text";
import { Said } from "./said";

export function ConfirmDialog({ confirm, onClose }: { confirm: ConfirmRequest; onClose: () => void }): JSX.Element {
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState("");

  const carryOut = async (): Promise<void> => {
    setRunning(true);
    setError("");
    try {
      const { Message } = await act(confirm.path);
      onClose();
      tellInfo(Message, topicOf(confirm.subject));
      confirm.done?.();
      askForEverything();
    } catch (failure) {
      setError(messageOf(failure));
      setRunning(false);
    }
  };

  const buttons = (
    <>
      <button type="button" class={confirm.isDangerous ? "danger" : "primary"} disabled={isRunning} data-carry-out
        onClick={() => void carryOut()}>
        {isRunning ? "Running…" : confirm.button}
      </button>
      <button type="button" autofocus={confirm.isDangerous} onClick={onClose}>Cancel</button>
    </>
  );
  return (
    <Dialog title={confirm.title} name="confirm" onClose={onClose} buttons={buttons}>
      <p><Said text={confirm.text} /></p>
      {confirm.quoted !== undefined && <QuotedText text={confirm.quoted} />}
      {error !== "" && <ErrorBox label="Failed:" error={error} />}
    </Dialog>
  );
}
