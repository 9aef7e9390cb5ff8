// Names and texts of servers and users. Each is isolated from the texts beside it, as it may run from right to left.

import type { JSX } from "preact";
import { directedParts, isolated } from "../bidi";
import type { Naming } from "../names";
import type { Kind } from "../pseudonyms";
import { useShown } from "../shown";

// A message, a plan step, an error.
export function Said({ text }: { text: string }): JSX.Element {
  const shown = useShown();
  return <>{directedParts(shown.text(text)).map((part, at) => (part.isRightToLeft ? <bdi key={at}>{part.text}</bdi> : part.text))}</>;
}

export function Named({ kind, name }: { kind: Kind; name: string }): JSX.Element {
  return <bdi>{useShown().name(kind, name)}</bdi>;
}

// An instance, with its whole name on hover.
export function ShortName({ name, naming, most }: { name: string; naming: Naming; most?: number }): JSX.Element {
  const shown = useShown();
  return <bdi title={isolated(shown.name("instance", name))}>{naming(name, most)}</bdi>;
}

// The alias of a cluster, else its name.
export function ClusterLabel({ name, alias }: { name: string; alias: string }): JSX.Element {
  const shown = useShown();
  return <bdi>{shown.isAnonymous || alias === "" ? shown.name("cluster", name) : alias}</bdi>;
}
