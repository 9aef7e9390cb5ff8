import type { JSX } from "preact";
import { alerts, dismiss } from "../alerts";
import { connection, serverVersion } from "../events";
import { useValue } from "../observable";
import { settings } from "../shared";
import { Icon } from "./icon";

export function Alerts(): JSX.Element {
  const shown = useValue(alerts);
  return (
    <div class="alerts">
      {shown.map(({ id, kind, text, link }) => (
        <div key={id} class={`alert alert-${kind}`} role={kind === "error" ? "alert" : "status"} data-alert={kind}>
          <span class="alert-text">
            {kind === "error" && <b>Error: </b>}
            {text}
            {link && <> <a href={link.address}>{link.text}</a></>}
          </span>
          <button type="button" class="plain" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}

// A banner instead of an error: the page continues to work.
export function ConnectionBanner(): JSX.Element | null {
  const state = useValue(connection);
  const running = useValue(serverVersion);
  const { Version } = useValue(settings);
  if (state === "lost") {
    return (
      <div class="banner" role="status" data-banner="lost">
        The live connection to the server is lost. The page may be outdated; it is refreshed every ten seconds.
      </div>
    );
  }
  if (running !== "" && Version !== "" && running !== Version) {
    return (
      <div class="banner" role="status" data-banner="version">
        The server runs a different version now ({running}).{" "}
        <button type="button" onClick={() => location.reload()}>Reload the page</button>
      </div>
    );
  }
  return null;
}
