// Pages for users who may look and not change.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, drag, node, openPage, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({
    tree: "a > b, a > c",
    configuration: { AuthenticationMethod: "proxy", PowerAuthUsers: ["gromit"] },
  });
  await stage.discover({ "X-Forwarded-User": "gromit" });
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

test("who may only look sees everything, drags nothing, and is told why the buttons do nothing", async () => {
  const { b, c } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, b).waitFor();
  assert.equal(await page.locator("[data-draggable]").count(), 0);
  await node(page, c).getByRole("button").first().click();
  await page.locator("[data-not-allowed]").waitFor();
  assert.ok(await page.getByRole("dialog").getByRole("button", { name: "Refresh" }).isDisabled());
  await close();
});

test("who may change things drags", async () => {
  const { b, c } = stage.servers;
  const { page, close } = await openPage(stage, {
    path: stage.clusterPage(),
    settings: { extraHTTPHeaders: { "X-Forwarded-User": "gromit" } },
  });
  await node(page, b).waitFor();
  await drag(page, b, c);
  await page.getByRole("dialog").locator("[data-plan]").waitFor();
  await close();
});
