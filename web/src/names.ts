// Short names: without what all names have in common, and without the middle of long names.

// The displayed name of an instance, in at most `most` characters.
export type Naming = (name: string, most?: number) => string;

interface Parts {
  labels: string[];
  // With the colon; "": the name has no port.
  port: string;
}

const ipv4 = /^\d+(\.\d+){3}$/;

// An address has no labels that could be left out.
function partsOf(name: string): Parts {
  const [, host = name, port = ""] = /^(.*)(:\d+)$/.exec(name) ?? [];
  return { labels: ipv4.test(host) || host.includes(":") ? [host] : host.split("."), port };
}

// Digits alone, such as a port or the number in "db.1", name nothing.
const hasMeaning = (labels: readonly string[]): boolean => labels.some((label) => /\p{L}/u.test(label)) || ipv4.test(labels.join("."));

function countCommon(all: readonly (readonly string[])[]): number {
  const [first = [], ...others] = all;
  let count = 0;
  while (count < first.length && others.every((one) => one[count] === first[count])) count++;
  return count;
}

// The largest number of labels, at most `most`, without which every name keeps a label and a meaning.
function removable(most: number, kept: (count: number) => readonly string[][]): number {
  for (let count = most; count > 0; count--) {
    if (kept(count).every((labels) => labels.length > 0 && hasMeaning(labels))) return count;
  }
  return 0;
}

// Each name without the labels and the port that all names have in common.
export function withoutCommonParts(names: readonly string[]): Map<string, string> {
  if (new Set(names).size < 2) return new Map(names.map((name) => [name, name]));
  const parts = names.map(partsOf);
  const withoutEnd = (count: number): string[][] => parts.map(({ labels }) => labels.slice(0, labels.length - count));
  const end = removable(countCommon(parts.map(({ labels }) => [...labels].reverse())), withoutEnd);
  const rest = withoutEnd(end);
  const withoutBeginning = (count: number): string[][] => rest.map((labels) => labels.slice(count));
  const kept = withoutBeginning(removable(countCommon(rest), withoutBeginning));
  const hasOnePort = parts.every(({ port }) => port === parts[0]?.port);
  return new Map(names.map((name, at) => [name, `${kept[at]!.join(".")}${hasOnePort ? "" : parts[at]!.port}`]));
}

// The beginning and the end of a text that is longer than `most` characters.
export function withoutMiddle(text: string, most: number, beginning = Math.floor((most - 1) / 2)): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  return `${characters.slice(0, beginning).join("")}…${characters.slice(characters.length - (most - 1 - beginning)).join("")}`;
}

// Leaves out a part of the middle by which no two names differ. If there is no such part, the names are kept.
function abbreviated(names: readonly string[], most: number): Map<string, string> {
  const middle = Math.floor((most - 1) / 2);
  for (let shift = 0; shift <= middle; shift++) {
    for (const beginning of shift === 0 ? [middle] : [middle - shift, middle + shift]) {
      const short = names.map((name) => withoutMiddle(name, most, beginning));
      if (new Set(short).size === new Set(names).size) return new Map(names.map((name, at) => [name, short[at]!]));
    }
  }
  return new Map(names.map((name) => [name, name]));
}

// Short names for a page that shows all these instances. If a text to remove is configured, only that is removed.
export function namingOf(names: readonly string[], removedText: string): Naming {
  const common = removedText === ""
    ? withoutCommonParts(names)
    : new Map(names.map((name) => [name, name.replace(removedText, () => "") || name]));
  const byLength = new Map<number, Map<string, string>>();
  return (name, most) => {
    const short = common.get(name) ?? name;
    if (most === undefined) return short;
    let names = byLength.get(most);
    if (!names) byLength.set(most, (names = abbreviated([...new Set(common.values())], most)));
    return names.get(short) ?? withoutMiddle(short, most);
  };
}
