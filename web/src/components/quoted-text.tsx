// The text of a query. Anonymous, only its first word is shown: names and data may be anywhere in it.

import type { JSX } from "preact";
import { useShown } from "../shown";

export function QuotedText({ text, label }: { text: string; label?: string }): JSX.Element {
  const { isAnonymous } = useShown();
  const [, command = ""] = /^\s*(\w*)/.exec(text) ?? [];
  return <pre class="quoted" dir="auto" tabIndex={0} aria-label={label}>{isAnonymous ? `${command} …` : text}</pre>;
}
