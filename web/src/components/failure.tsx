// Shows that data could not be read: the error and a retry button. Also the placeholder while data is read.

import type { JSX } from "preact";

export function Failure({ what, error, retry }: { what: string; error: string; retry: () => void }): JSX.Element {
  return (
    <div class="alert alert-error" role="alert" data-alert="error">
      <span class="alert-text"><b>{what}</b> {error}</span>
      <button type="button" onClick={retry}>Try again</button>
    </div>
  );
}

export function Waiting({ what }: { what: string }): JSX.Element {
  return <p class="waiting" role="status">{what}</p>;
}
