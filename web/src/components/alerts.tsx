// The messages, above the page or above the topmost dialog: they move nothing, and screen readers read them.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Alert, alerts, dismiss } from "../alerts";
import { durationText } from "../display";
import { connection, pollSeconds, serverVersion } from "../events";
import { useValue } from "../observable";
import { settings } from "../shared";
import { Icon } from "./icon";
import { Said } from "./said";

export function Alerts(): JSX.Element {
  const shown = useValue(alerts);
  return (
    <div class="alerts" data-alerts>
      <div role="status">
        <ConnectionBanner />
        {shown.filter(({ kind }) => kind === "info").map((alert) => <Message key={alert.id} alert={alert} />)}
      </div>
      <div role="alert">
        {shown.filter(({ kind }) => kind === "error").map((alert) => <Message key={alert.id} alert={alert} />)}
      </div>
    </div>
  );
}

function Message({ alert: { id, kind, text, retry } }: { alert: Alert }): JSX.Element {
  const holdOn = useReadingTime(kind === "info", () => dismiss(id));
  return (
    <div class={`alert alert-${kind}`} data-alert={kind} onPointerEnter={() => holdOn(true)} onPointerLeave={() => holdOn(false)}
      onFocusIn={() => holdOn(true)} onFocusOut={() => holdOn(false)}>
      <span class="alert-text">{kind === "error" && <b>Error: </b>}<Said text={text} /></span>
      {retry && <button type="button" onClick={retry}>Try again</button>}
      <button type="button" class="plain" aria-label="Dismiss" onClick={() => dismiss(id)}>
        <Icon name="close" />
      </button>
    </div>
  );
}

const readingSeconds = 12;

// The result of something that is over goes when there was time to read it: while the page was visible, and neither
// the pointer nor the focus was on the message.
function useReadingTime(isLimited: boolean, end: () => void): (isHeld: boolean) => void {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (!isLimited || isHeld) return;
    let rest = readingSeconds;
    const timer = setInterval(() => {
      if (!document.hidden && --rest <= 0) end();
    }, 1000);
    return () => clearInterval(timer);
  }, [isLimited, isHeld]);
  return setHeld;
}

// The page continues to work: no error.
function ConnectionBanner(): JSX.Element | null {
  const state = useValue(connection);
  const running = useValue(serverVersion);
  const { Version } = useValue(settings);
  if (state === "lost") {
    return (
      <div class="banner" data-banner="lost">
        The live connection to the server is lost. The page may be outdated; it is refreshed every {durationText(pollSeconds)}.
      </div>
    );
  }
  if (running !== "" && Version !== "" && running !== Version) {
    return (
      <div class="banner" data-banner="version">
        The server runs a different version now ({running}).{" "}
        <button type="button" onClick={() => location.reload()}>Reload the page</button>
      </div>
    );
  }
  return null;
}
