// The types of the pages are made from the description of the API.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { apiTypes } from "../../../web/generate-api.mjs";
import { Stage } from "./stage.mjs";

test("web/src/api.ts is what generate-api.mjs makes of the description that the server gives", async () => {
  const stage = await Stage.open({});
  try {
    const description = await (await fetch(`${stage.address}/api`)).json();
    const written = await readFile(new URL("../../../web/src/api.ts", import.meta.url), "utf8");
    assert.equal(written, apiTypes(description), "run: curl -s ADDRESS/api | node web/generate-api.mjs > web/src/api.ts");
  } finally {
    await stage.close();
  }
});
