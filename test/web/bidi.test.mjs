// Texts that run from right to left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { directedParts, isolated } = await load("bidi");
const parts = (text) => directedParts(text).map((part) => (part.isRightToLeft ? `[${part.text}]` : part.text));

test("each run from right to left is a part of its own, with the numbers and spaces inside it", () => {
  assert.deepEqual(parts("alias of db1 is שלום 12 עולם, not مرحبا"), ["alias of db1 is ", "[שלום 12 עולם]", ", not ", "[مرحبا]"]);
  assert.deepEqual(parts("db1:3306"), ["db1:3306"]);
  assert.deepEqual(parts(""), []);
});

test("characters that change the direction are left out", () => {
  assert.deepEqual(parts("a\u202eb\u2066c\u200f"), ["abc"]);
});

test("in texts without elements, the runs are isolated", () => {
  assert.equal(isolated("3 שלום 4"), "3 \u2068שלום\u2069 4");
  assert.equal(isolated("db1"), "db1");
  assert.equal(isolated("ש\u2069x"), "\u2068ש\u2069x", "a name cannot end its own isolation");
});
