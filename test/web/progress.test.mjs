// The steps of a plan while it runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { begun, decided, ended, stepsOf } = await load("progress");
const shown = (steps) => steps.map(({ text, state, isExtra }) => `${isExtra ? "+" : ""}${text}=${state}`);

test("a step is done when the next step on the same server begins", () => {
  let steps = stepsOf("a: stop\nb: stop\na: move\n");
  assert.deepEqual(shown(steps), ["a: stop=waiting", "b: stop=waiting", "a: move=waiting"]);
  steps = begun(begun(steps, "a: stop"), "b: stop");
  assert.deepEqual(shown(steps), ["a: stop=running", "b: stop=running", "a: move=waiting"]);
  steps = begun(steps, "a: move");
  assert.deepEqual(shown(steps), ["a: stop=done", "b: stop=running", "a: move=running"]);
  assert.deepEqual(shown(begun(steps, "b: start")).at(-1), "+b: start=running");
});

test("a decision during the run replaces the planned steps; begun steps keep their state", () => {
  let steps = stepsOf("a: drain\nb: drain\nby what they have executed now:\na: below b\n");
  steps = begun(begun(steps, "a: drain"), "b: drain");
  steps = decided(steps, "a: drain\nb: drain\nthe best is a\nb: below a\nb: start");
  assert.deepEqual(shown(steps), [
    "a: drain=running", "b: drain=running", "the best is a=waiting", "b: below a=waiting", "b: start=waiting",
  ]);
});

test("in the end, all steps are done, or the failed and unreached steps are marked", () => {
  const steps = begun(begun(stepsOf("a: stop\na: move\na: start"), "a: stop"), "a: move");
  assert.deepEqual(shown(ended(steps, true)), ["a: stop=done", "a: move=done", "a: start=done"]);
  assert.deepEqual(shown(ended(steps, false)), ["a: stop=done", "a: move=failed", "a: start=not reached"]);
});
