// Topologies discovered and changed in the browser, checked on the servers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, drag, node, openPage, picture, seriousViolations, Stage, until } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b, a > c, a > d > e" });
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

test("a topology entered in the form is discovered, and its tree is shown without a reload", async () => {
  const { page, close } = await openPage(stage, { path: "web/discover" });
  const [host, port] = stage.servers.c.split(":");
  await page.getByLabel("Host name").fill(host);
  await page.getByLabel("Port").fill(port);
  await page.getByRole("button", { name: "Discover" }).click();
  await page.locator('[data-discovery="over"]').waitFor();
  await page.goto(`${stage.address}/`);
  await page.getByRole("link", { name: stage.servers.a, exact: true }).first().click();
  for (const address of Object.values(stage.servers)) await node(page, address).waitFor();
  assert.equal(await node(page, stage.servers.e).getAttribute("aria-level"), "3");
  assert.match(await node(page, stage.servers.b).innerText(), /ROW/);
  await close();
});

test("a replica dragged onto its sibling is moved below it, after its plan was shown, and the tree is updated", async () => {
  const { a, b, c } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, c).waitFor();
  await drag(page, b, c, async () => {
    assert.equal(await node(page, c).getAttribute("data-droppable"), "ok");
    assert.equal(await node(page, a).getAttribute("data-droppable"), "no");
  });
  const dialog = page.getByRole("dialog");
  await dialog.locator("[data-plan]").waitFor();
  assert.match(await dialog.locator("[data-plan]").innerText(), new RegExp(`${b}: replicate from ${c}`));
  assert.equal(await stage.masterOf("b"), a, "nothing is done before it is asked for");
  await dialog.locator("[data-carry-out]").click();
  await dialog.locator('[data-phase="done"]').waitFor();
  assert.equal(await dialog.locator('[data-step="done"]').count(), await dialog.locator("[data-step]").count());
  assert.equal(await stage.masterOf("b"), c);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await until("the tree to follow", async () => (await node(page, b).getAttribute("aria-level")) === "3");
  await close();
});

test("an invalid target is reported during and after the drag, and nothing is changed", async () => {
  const { b, e } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, e).waitFor();
  await drag(page, b, e, async () => {
    assert.equal(await node(page, e).getAttribute("data-droppable"), "no");
    await page.getByText("is neither").first().waitFor();
  });
  await page.getByRole("alert").filter({ hasText: `${b} cannot move to ${e}` }).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(await stage.masterOf("b"), stage.servers.c);
  await close();
});

test("Escape cancels a drag", async () => {
  const { b, a } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, b).waitFor();
  await drag(page, b, a, () => page.keyboard.press("Escape"));
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(await page.locator("[data-droppable]").count(), 0);
  await close();
});

test("the keyboard alone moves a replica up again", async () => {
  const { a, b } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, b).waitFor();
  await node(page, b).focus();
  await page.keyboard.press("m");
  const target = page.locator(`[data-target="${a}"]`);
  await target.waitFor();
  await target.getByRole("button").focus();
  await page.keyboard.press("Enter");
  const carryOut = page.locator("[data-carry-out]:not([disabled])");
  await carryOut.waitFor();
  await carryOut.focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-phase="done"]').waitFor();
  assert.equal(await stage.masterOf("b"), a);
  await page.keyboard.press("Escape");
  await until("the dialog to go", async () => (await page.getByRole("dialog").count()) === 0);
  await close();
});

test("a master dragged onto its replica makes co-masters", async () => {
  const { a, b } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, b).waitFor();
  await drag(page, a, b, async () => assert.equal(await node(page, b).getAttribute("data-droppable"), "ok"));
  const dialog = page.getByRole("dialog");
  await dialog.locator("[data-plan]").waitFor();
  const check = dialog.getByRole("checkbox");
  if ((await check.count()) > 0) await check.check();
  await dialog.locator("[data-carry-out]").click();
  await dialog.locator('[data-phase="done"]').waitFor();
  assert.equal(await stage.masterOf("a"), b);
  assert.equal(await stage.masterOf("b"), a);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await node(page, a).filter({ hasText: "Co-master" }).waitFor();
  await node(page, b).filter({ hasText: "Co-master" }).waitFor();
  await close();
  // Restore the topology for the next tests.
  const [host, port] = a.split(":");
  await stage.api(`reset-slave/${host}/${port}`);
  assert.equal(await stage.masterOf("a"), "");
});

test("in Pseudo-GTID mode, a replica of a dead master is moved below its sibling", async () => {
  const { a, b, c } = stage.servers;
  await until("all to be well", async () => (await stage.api(`cluster/${encodeURIComponent(a)}`)).length === 5);
  await stage.sandbox("kill", "a");
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await page.locator(`.tree [data-instance="${a}"][data-problem="last_check_invalid"]`).waitFor();
  await page.getByRole("button", { name: "Classic mode" }).click();
  await drag(page, c, b, async () => assert.equal(await node(page, b).getAttribute("data-droppable"), "ok"));
  const dialog = page.getByRole("dialog");
  await dialog.locator("[data-plan]").waitFor();
  await dialog.locator("[data-carry-out]").click();
  await dialog.locator('[data-phase="done"]').waitFor();
  assert.equal(await stage.masterOf("c"), b);
  await close();
});

test("a dead master is shown on the dashboard and its cluster page, and its replicas are recovered in two clicks", async () => {
  const { a, b, d } = stage.servers;
  const { page, close } = await openPage(stage, { path: "web/clusters" });
  await page.locator(`[data-cluster="${a}"] [data-analysis="DeadMaster"]`).waitFor();
  await page.getByRole("link", { name: a, exact: true }).first().click();
  const alert = page.getByRole("list", { name: "Failed masters" }).getByRole("listitem").filter({ hasText: a });
  await alert.filter({ hasText: "none of its replicas is replicating" }).waitFor();
  await picture(page, "cluster-dead-master");
  assert.deepEqual(await seriousViolations(page), []);
  await alert.getByRole("button", { name: "Recover…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("[data-plan]").waitFor();
  assert.match(await dialog.locator("[data-plan]").innerText(), /the most advanced replica that can serve the others/);
  await picture(page, "dialog-recover-plan");
  assert.equal(await stage.masterOf("d"), a, "nothing is done before it is asked for");
  await dialog.locator("[data-carry-out]").click();
  await dialog.locator('[data-phase="done"]').filter({ hasText: "Action taken: regrouped" }).waitFor();
  await picture(page, "dialog-recover-done");
  assert.doesNotMatch(await dialog.locator("[data-plan]").innerText(), /Not in the plan/);
  const masters = [await stage.masterOf("b"), await stage.masterOf("d")];
  assert.ok(masters.includes("") && (masters.includes(b) || masters.includes(d)), masters.join(", "));
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await close();
  const audit = await stage.api("audit/0?s=recover-dead-master");
  assert.equal(audit.length, 2);
});
