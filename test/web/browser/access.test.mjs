// Pages for users with read-only access.
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

test("a read-only user sees everything, drags nothing, and is shown why the buttons are disabled", async () => {
  const { b, c } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, b).waitFor();
  assert.equal(await page.locator("[data-draggable]").count(), 0);
  await node(page, c).getByRole("button").first().click();
  await page.locator("[data-not-allowed]").waitFor();
  assert.ok(await page.getByRole("dialog").getByRole("button", { name: "Refresh" }).isDisabled());
  await close();
});

test("a user with write access can drag", async () => {
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
