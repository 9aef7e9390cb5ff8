// Operations that the server refuses because a master may be alive: how the page offers to go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { key, load } from "./modules.mjs";

const { forced, isRefused, namesForce, planOf } = await load("plans");

const alive = "a:3306 is alive: it answers with an error: Too many connections; -force is for a master that is dead in spite of that";
const action = (facts = {}) => ({
  Operation: "make-master", Path: "make-master/b/3306", Section: "move", Label: "Make master", Explanation: "Promotes it.",
  Danger: "confirm", Warning: "", HasPlan: true, MayBeForced: true, Refusal: "", ...facts,
});

test("what can be forced is offered although it is refused, and nothing else", () => {
  assert.equal(isRefused(action()), false);
  assert.equal(isRefused(action({ Refusal: alive })), false);
  assert.equal(isRefused(action({ Refusal: alive, MayBeForced: false })), true);
  assert.equal(isRefused(action({ Refusal: "b:3306 is locked" })), true);
  assert.equal(namesForce("a:3306 is alive: it was read just now; graceful-master-takeover replaces a living master"), false);
});

test("only the plan of an operation that can be forced says so", () => {
  assert.equal(planOf(action({ Refusal: alive }), key("b")).refusal, undefined);
  assert.equal(planOf(action(), key("b")).mayBeForced, true);
  assert.equal(planOf(action({ MayBeForced: false }), key("b")).mayBeForced, undefined);
});

test("a forced operation needs the typed name, tells why it was refused, and cannot be forced again", () => {
  const plan = forced(planOf(action(), key("b")), alive);
  assert.equal(plan.path, "make-master/b/3306?force=true");
  assert.equal(plan.isNameTyped, true);
  assert.equal(plan.mayBeForced, undefined);
  assert.ok(plan.warning.startsWith(alive));
});
