// The pseudonyms of this browser. They are stored, so that addresses with pseudonyms work after a reload.

import { onAnswers } from "./api";
import { store, stored } from "./preferences";
import { type Kind, noteNames, Pseudonyms } from "./pseudonyms";

const place = "pseudonyms";
let isStoring = false;

export const pseudonyms = new Pseudonyms(() => {
  if (isStoring) return;
  isStoring = true;
  queueMicrotask(() => {
    isStoring = false;
    store(place, JSON.stringify(pseudonyms.all().map(({ kind, real, number }) => [kind, real, number])));
  });
});

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
