// Discovery of a topology, from any of its instances.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { act, apiPath } from "../api";
import { tellError, tellInfo } from "../alerts";
import { Heading } from "../components/layout";
import { searchAddress } from "../navigation";
import { useValue } from "../observable";
import { areSettingsKnown, settings, whyNotAllowed } from "../shared";

export function DiscoverPage(): JSX.Element {
  const whyNot = whyNotAllowed(useValue(settings), useValue(areSettingsKnown));
  const [isRunning, setRunning] = useState(false);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const host = String(given.get("host") ?? "").trim();
    const port = String(given.get("port") ?? "").trim();
    setRunning(true);
    try {
      const { Message } = await act(apiPath("discover", host, port));
      tellInfo(Message, { address: searchAddress(host), text: `Search for ${host}` });
    } catch (error) {
      tellError(error);
    }
    setRunning(false);
  };

  return (
    <>
      <Heading text="Discover" />
      <p>
        Name one server of a topology, a master or a replica. From there, all masters and replicas are found. A replica
        that does not replicate just now is found when it does, or when it is named here.
      </p>
      {whyNot !== "" && <p class="note" role="note">{whyNot}</p>}
      <form class="fields" onSubmit={(event) => void submit(event)}>
        <label>Host name <input type="text" name="host" required maxLength={255} autocomplete="off" spellcheck={false} /></label>
        <label>Port <input type="number" name="port" required min={1} max={65535} defaultValue="3306" /></label>
        <button type="submit" class="primary" disabled={whyNot !== "" || isRunning}>{isRunning ? "Running…" : "Discover"}</button>
      </form>
    </>
  );
}
