// Texts in right-to-left scripts, which must not change the order of the texts beside them.

const rightToLeft = "\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}";
// Characters that change the direction of what follows them, until the end of the paragraph.
const controls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const run = new RegExp(`[${rightToLeft}]+(?:[\\s\\p{P}\\p{N}]*[${rightToLeft}]+)*`, "gu");

export interface TextPart {
  text: string;
  isRightToLeft: boolean;
}

// The parts of a message: each run of a right-to-left script is shown in an element of its own.
export function directedParts(message: string): TextPart[] {
  const text = message.replace(controls, "");
  const parts: TextPart[] = [];
  let end = 0;
  const add = (from: number, to: number, isRightToLeft: boolean): void => {
    if (to > from) parts.push({ text: text.slice(from, to), isRightToLeft });
  };
  for (const found of text.matchAll(run)) {
    add(end, found.index, false);
    end = found.index + found[0].length;
    add(found.index, end, true);
  }
  add(end, text.length, false);
  return parts;
}

// The same for texts without elements, such as the window title: with Unicode isolates.
export const isolated = (text: string): string =>
  directedParts(text).map((part) => (part.isRightToLeft ? `\u2068${part.text}\u2069` : part.text)).join("");
