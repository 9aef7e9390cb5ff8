// The steps of a plan while it runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { begun, decided, ended, settled, stepsOf } = await load("progress");
const shown = (steps) => steps.map(({ text, state, isExtra }) => `${isExtra ? "+" : ""}${text}=${state}`);

test("each step has the result that the server tells, also when the same text comes again", () => {
  let steps = stepsOf("a: stop\nb: stop\na: move\n");
  assert.deepEqual(shown(steps), ["a: stop=waiting", "b: stop=waiting", "a: move=waiting"]);
  steps = begun(begun(steps, "a: stop"), "b: stop");
  steps = settled(steps, "a: stop", "done", "");
  assert.deepEqual(shown(steps), ["a: stop=done", "b: stop=running", "a: move=waiting"]);
  steps = settled(begun(steps, "a: move"), "a: move", "failed", "no route");
  assert.equal(steps[2].reason, "no route");
  steps = begun(steps, "a: undo: start");
  steps = settled(settled(steps, "a: undo: start", "done", ""), "a: stop", "undone", "");
  assert.deepEqual(shown(steps), ["a: stop=undone", "b: stop=running", "a: move=failed", "+a: undo: start=done"]);
  // It is tried again.
  steps = settled(begun(steps, "a: move"), "a: move", "done", "");
  assert.deepEqual(shown(steps)[2], "a: move=done");
  assert.equal(steps[2].reason, undefined);
  // News of a step that is not known to have begun change nothing.
  assert.deepEqual(settled(steps, "c: stop", "done", ""), steps);
});

test("a decision during the run replaces the planned steps; begun steps keep their state", () => {
  let steps = stepsOf("a: drain\nb: drain\nby what they have received, and can execute:\na: below b\n");
  steps = begun(begun(steps, "a: drain"), "b: drain");
  steps = decided(steps, "a: drain\nb: drain\nthe best is a\nb: below a\nb: start");
  assert.deepEqual(shown(steps), [
    "a: drain=running", "b: drain=running", "the best is a=waiting", "b: below a=waiting", "b: start=waiting",
  ]);
});

test("in the end, what has not begun is not reached; a success tells what became of the rest", () => {
  const steps = settled(begun(begun(stepsOf("a: stop\na: move\na: start"), "a: stop"), "a: move"), "a: stop", "done", "");
  assert.deepEqual(shown(ended(steps, true)), ["a: stop=done", "a: move=done", "a: start=done"]);
  assert.deepEqual(shown(ended(steps, false)), ["a: stop=done", "a: move=failed", "a: start=not reached"]);
  const failed = settled(steps, "a: move", "failed", "no route");
  assert.deepEqual(shown(ended(failed, true)), ["a: stop=done", "a: move=failed", "a: start=done"]);
});
