// The sources of the pages: short files and functions, and the same words everywhere.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../web/", import.meta.url));
const files = (folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
// src/api.ts is generated.
const sources = files("src").filter((name) => /[.](tsx?|css)$/.test(name) && name !== "src/api.ts").map((name) => ({ name, lines: readFileSync(join(root, name), "utf8").split("\n") }));

test("no source file has more than 200 lines", () => {
  assert.deepEqual(sources.filter(({ lines }) => lines.length > 201).map(({ name, lines }) => `${name}: ${lines.length}`), []);
});

test("no function of a module has more than 60 lines", () => {
  const long = [];
  for (const { name, lines } of sources) {
    let begin;
    lines.forEach((line, at) => {
      if (/^(export )?(async )?(function|class|const \w+ = .*=> \{$)/.test(line) && !/class/.test(line)) begin = at;
      if (/^\}/.test(line) && begin !== undefined) {
        if (at - begin > 60) long.push(`${name}:${begin + 1}: ${at - begin + 1}`);
        begin = undefined;
      }
    });
  }
  assert.deepEqual(long, []);
});

// Fields of the API and names of commands have the word "slave"; texts do not.
test("pages say replica, co-master, data centre", () => {
  const wrong = [];
  for (const { name, lines } of sources.filter((one) => !one.name.endsWith(".css"))) {
    lines.forEach((line, at) => {
      const text = line.replace(/\/\/.*/, "").replace(/\b\w*Slave\w*\b/g, "").replace(/\b[a-z]+(-[a-z]+)+\b/g, "");
      if (/slave|co master|data center/i.test(text) || /\bDC\b/.test(text)) wrong.push(`${name}:${at + 1}: ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});
