// The pseudonyms of this browser. They are stored, so that addresses with pseudonyms work after a reload.

import { onAnswers } from "./requests";
import { Observable } from "./observable";
import { store, stored } from "./preferences";
import { type Kind, noteNames, Pseudonyms } from "./pseudonyms";

const place = "pseudonyms";
let isStoring = false;

// Increased when texts on show may have names that were not known when they were drawn.
export const notedNames = new Observable(0);
let isTelling = false;

function keep(): void {
  if (isStoring) return;
  isStoring = true;
  queueMicrotask(() => {
    isStoring = false;
    store(place, JSON.stringify(pseudonyms.all().map(({ kind, real, number }) => [kind, real, number])));
  });
}

function tell(): void {
  if (isTelling) return;
  isTelling = true;
  queueMicrotask(() => {
    isTelling = false;
    notedNames.set(notedNames.value + 1);
  });
}

export const pseudonyms = new Pseudonyms(keep, tell);

function restore(): void {
  try {
    for (const [kind, real, number] of JSON.parse(stored(place) || "[]") as [Kind, string, number][]) pseudonyms.restore(kind, real, number);
  } catch {
    // What is stored is not readable: pseudonyms begin at 1.
  }
}

restore();
// Another window of this browser has made pseudonyms.
addEventListener("storage", restore);
onAnswers((answer) => noteNames(answer, pseudonyms));
