// Moving one instance to another: what is said of it, and what is planned.
import assert from "node:assert/strict";
import { test } from "node:test";
import { key, load } from "./modules.mjs";

const { movePlan, verdictOf, verdictText } = await load("moves");

const verdict = (facts = {}) => ({ Verdict: "ok", Operation: "move-below", Path: "move-below/b/3306/c/3306", Reason: "", ...facts });

test("each mode has its own verdict", () => {
  const target = { Key: key("c"), Classic: verdict(), PseudoGTID: verdict({ Operation: "match-below" }) };
  assert.equal(verdictOf(target, "classic"), target.Classic);
  assert.equal(verdictOf(target, "pseudo-gtid"), target.PseudoGTID);
});

test("what can be done is told in words, for every operation", () => {
  const said = ["move-up", "move-below", "make-co-master", "match-below", "match-up", "enslave-master", "repoint"].map((Operation) => {
    const text = verdictText(verdict({ Operation }));
    assert.match(text, /^✓ Possible: /);
    assert.doesNotMatch(text, new RegExp(`: ${Operation}$`));
    return text;
  });
  assert.equal(new Set(said).size, said.length);
});

test("an operation that is not known here yet is told by its name", () => {
  assert.equal(verdictText(verdict({ Operation: "teleport" })), "✓ Possible: teleport");
});

test("reasons against are told, and look different from warnings without colours", () => {
  assert.equal(verdictText(verdict({ Verdict: "no", Reason: "It is its own replica" })), "✕ It is its own replica");
  assert.equal(verdictText(verdict({ Verdict: "warning", Reason: "It lags" })), "! Possible, but: It lags");
});

test("a plan names both instances and does what the server said", () => {
  assert.deepEqual(movePlan(key("b"), key("c"), verdict(), "classic"), {
    title: "Move b:3306 below c:3306",
    path: "move-below/b/3306/c/3306",
    subject: key("b"),
    button: "Move",
  });
});

test("a warning has to be acknowledged in the plan", () => {
  assert.equal(movePlan(key("b"), key("c"), verdict({ Verdict: "warning", Reason: "It lags" }), "classic").warning, "It lags");
});

test("a plan says when Pseudo-GTID is used", () => {
  assert.equal(movePlan(key("b"), key("c"), verdict(), "pseudo-gtid").explanation, "PSEUDO-GTID MODE");
});

test("a master dragged onto its replica: the replica is what is made a co-master", () => {
  const plan = movePlan(key("a"), key("b"), verdict({ Operation: "make-co-master", Path: "make-co-master/b/3306" }), "classic");
  assert.deepEqual(plan, {
    title: "Make a:3306 and b:3306 co-masters",
    path: "make-co-master/b/3306",
    subject: key("b"),
    button: "Make co-masters",
  });
});
