// Data that is being read, or could not be read.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { settle, tellError } from "../alerts";
import type { Loaded } from "../loading";
import { Said } from "./said";

export function Waiting({ what }: { what: string }): JSX.Element {
  return <p class="waiting" role="status">{what}</p>;
}

export function ErrorBox({ label, error, retry }: { label: string; error: string; retry?: () => void }): JSX.Element {
  return (
    <div class="alert alert-error" role="alert" data-alert="error">
      <span class="alert-text"><b>{label}</b> <Said text={error} /></span>
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}

interface Properties {
  of: Loaded<unknown>;
  // "The audit"
  what: string;
}

// Says that the data is being read or, instead of it, why it cannot be read. While older data is on show, an error is
// a message above the page.
export function LoadingState({ of, what }: Properties): JSX.Element | null {
  const { value, error, reload } = of;
  const isStale = value !== undefined && error !== "";
  const label = `${what} cannot be read.`;
  useEffect(() => {
    if (!isStale) return;
    tellError(new Error(`${label} ${error}`), label, reload);
    return () => settle(label);
  }, [isStale, error, label]);
  if (value !== undefined) return null;
  return error !== "" ? <ErrorBox label={label} error={error} retry={reload} /> : <Waiting what={`Reading ${what.charAt(0).toLowerCase()}${what.slice(1)}…`} />;
}
