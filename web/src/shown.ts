// How names and texts of servers and users are shown: as they are, or anonymous.

import { useMemo } from "preact/hooks";
import { shownAddress } from "./location";
import { namingOf, type Naming } from "./names";
import { useValue } from "./observable";
import { anonymized } from "./preferences";
import { notedNames, pseudonyms } from "./pseudonym-store";
import type { Kind } from "./pseudonyms";
import { settings } from "./shared";

export interface Shown {
  isAnonymous: boolean;
  name: (kind: Kind, real: string) => string;
  // A text that may have names in it, such as a message of the server.
  text: (text: string) => string;
  address: (address: string) => string;
}

const asItIs: Shown = { isAnonymous: false, name: (_, real) => real, text: (text) => text, address: (address) => address };

const anonymous: Shown = {
  isAnonymous: true,
  name: (kind, real) => pseudonyms.of(kind, real),
  text: (text) => pseudonyms.text(text),
  address: shownAddress,
};

export function useShown(): Shown {
  const isAnonymous = useValue(anonymized);
  const noted = useValue(notedNames);
  // A new object after each new name, so that all texts are drawn again.
  return useMemo(() => (isAnonymous ? { ...anonymous } : asItIs), [isAnonymous, isAnonymous ? noted : 0]);
}

// Why the user may change nothing; "": the user may.
export const useWhyNot = (): string => useShown().text(useValue(settings).Refusal);

// Short names for a part of the page that shows these instances.
export function useNaming(names: readonly string[]): Naming {
  const shown = useShown();
  const { RemoveTextFromHostnameDisplay: removed } = useValue(settings);
  const all = names.join("\n");
  return useMemo(
    () => (shown.isAnonymous ? (name: string) => shown.name("instance", name) : namingOf(all.split("\n"), removed)),
    [all, removed, shown],
  );
}

// The instance behind a displayed name.
export const instanceBehind = (name: string): string => (anonymized.value ? pseudonyms.realOf(name) ?? name : name);
