// Moving an instance: the texts of verdicts, and the plan.
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

test("every possible operation has a text", () => {
  const said = ["move-up", "move-below", "make-co-master", "match-below", "match-up", "enslave-master", "repoint"].map((Operation) => {
    const text = verdictText(verdict({ Operation }));
    assert.match(text, /^✓ Possible: /);
    assert.doesNotMatch(text, new RegExp(`: ${Operation}$`));
    return text;
  });
  assert.equal(new Set(said).size, said.length);
});

test("an unknown operation is shown by its name", () => {
  assert.equal(verdictText(verdict({ Operation: "teleport" })), "✓ Possible: teleport");
});

test("refusals show their reason, and differ from warnings without colours", () => {
  assert.equal(verdictText(verdict({ Verdict: "no", Reason: "It is its own replica" })), "✕ It is its own replica");
  assert.equal(verdictText(verdict({ Verdict: "warning", Reason: "It lags" })), "! Possible, but: It lags");
});

test("a plan names both instances and uses the path from the server", () => {
  assert.deepEqual(movePlan(key("b"), key("c"), verdict(), "classic"), {
    title: "Move b:3306 below c:3306",
    path: "move-below/b/3306/c/3306",
    subject: key("b"),
    button: "Move",
  });
});

test("a plan requires the user to accept a warning", () => {
  assert.equal(movePlan(key("b"), key("c"), verdict({ Verdict: "warning", Reason: "It lags" }), "classic").warning, "It lags");
});

test("a plan says that it uses Pseudo-GTID", () => {
  assert.equal(movePlan(key("b"), key("c"), verdict(), "pseudo-gtid").explanation, "PSEUDO-GTID MODE");
});

test("a master dragged onto its replica: the operation runs on the replica", () => {
  const plan = movePlan(key("a"), key("b"), verdict({ Operation: "make-co-master", Path: "make-co-master/b/3306" }), "classic");
  assert.deepEqual(plan, {
    title: "Make a:3306 and b:3306 co-masters",
    path: "make-co-master/b/3306",
    subject: key("b"),
    button: "Make co-masters",
  });
});
