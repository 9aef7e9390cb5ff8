// Sets the alias of a cluster.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, apiPath, messageOf, withQuery } from "../requests";
import { tellInfo } from "../alerts";
import { askForEverything } from "../events";
import { useShown } from "../shown";
import { Dialog } from "./dialog";
import { ErrorBox } from "./loading-state";
import { Named } from "./said";

export function AliasDialog({ cluster, alias, onClose }: { cluster: string; alias: string; onClose: () => void }): JSX.Element {
  const [error, setError] = useState("");
  const { isAnonymous } = useShown();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get("alias");
    try {
      const { Message } = await act(withQuery(apiPath("set-cluster-alias", cluster), { alias: String(given ?? "").trim() }));
      onClose();
      tellInfo(Message, `cluster ${cluster}`);
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
          <span>Alias for cluster <code><Named kind="cluster" name={cluster} /></code></span>
          <input type="text" name="alias" dir="auto" required maxLength={128} defaultValue={isAnonymous ? "" : alias} autofocus />
        </label>
      </form>
      {error !== "" && <ErrorBox label="Failed:" error={error} />}
    </Dialog>
  );
}
