// Dialogs with an address of their own, and messages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, drag, drawn, node, openPage, picture, seriousViolations, Stage, until } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b, a > c > d" });
  await stage.discover();
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

const dialogs = (page) => page.getByRole("dialog").count();
const segments = (address) => address.replace(":", "/");
const linkTo = (address, page = stage.clusterPage()) => `${page}?instance=${encodeURIComponent(address)}`;

test("a click on a card opens its dialog; Back closes it, Forward opens it again, and its address opens it", async () => {
  const { b } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, b).and(page.locator("[data-draggable]")).waitFor();
  const before = page.url();
  await node(page, b).locator(".card-body").click();
  const heading = page.getByRole("dialog").getByRole("heading", { name: b, exact: true });
  await heading.waitFor();
  const address = page.url();
  assert.equal(new URL(address).searchParams.get("instance"), b);
  await page.goBack();
  await until("the dialog to go", async () => (await dialogs(page)) === 0);
  assert.equal(page.url(), before);
  await page.goForward();
  await heading.waitFor();
  await page.keyboard.press("Escape");
  await until("the dialog to go", async () => (await dialogs(page)) === 0);
  await until("the address of the page", () => page.url() === before);
  await page.goto(address);
  await heading.waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await until("the dialog to go", async () => (await dialogs(page)) === 0);
  await node(page, b).waitFor();
  assert.equal(page.url(), before, "a link to a dialog is left without leaving the page");
  await close();
});

test("a link to a dialog that is the first page of the browser is closed to its page", async () => {
  const { b } = stage.servers;
  const { page, close } = await openPage(stage, { path: linkTo(b) });
  await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await until("the dialog to go", async () => (await dialogs(page)) === 0);
  await node(page, b).waitFor();
  await close();
});

test("a tap on a card opens its dialog, and so does a click on a card of the search", async () => {
  const { c } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage("?view=tree"), settings: { hasTouch: true } });
  await node(page, c).waitFor();
  await node(page, c).locator(".card-body").tap();
  await page.getByRole("dialog").getByRole("heading", { name: c, exact: true }).waitFor();
  await page.goto(`${stage.address}/web/search?s=127`);
  await page.locator(`.list-card[data-instance="${c}"] .card-facts`).click();
  await page.getByRole("dialog").getByRole("heading", { name: c, exact: true }).waitFor();
  await page.goBack();
  await until("the dialog to go", async () => (await dialogs(page)) === 0);
  await page.locator(`.list-card[data-instance="${c}"] a`).click();
  await node(page, c).waitFor();
  await page.goBack();
  await page.locator(".list-card").first().waitFor();
  assert.equal(await dialogs(page), 0, "a link on a card is no click on the card");
  await close();
});

test("a drag opens no dialog of the instance", async () => {
  const { a, b } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await drag(page, b, a, () => page.keyboard.press("Escape"));
  await drawn(page);
  assert.equal(await dialogs(page), 0);
  await close();
});

test("a link to an unknown instance, or to none, says so", async () => {
  const { page, close } = await openPage(stage, { path: linkTo("nowhere:3306"), expected: ["404"] });
  const alert = page.getByRole("dialog").getByRole("alert");
  await alert.filter({ hasText: "Instance not found: nowhere:3306" }).waitFor();
  assert.equal(await page.getByRole("dialog").getByRole("button", { name: "Move…" }).count(), 0);
  await page.goto(`${stage.address}/${linkTo("nonsense", "web/clusters")}`);
  await alert.filter({ hasText: "nonsense is not HOST:PORT" }).waitFor();
  await picture(page, "instance-unknown");
  await close();
});

test("messages move nothing, are announced, and go when they are settled", async () => {
  const { b, d } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, d).waitFor();
  const place = () => page.locator(".tree").boundingBox();
  const before = await place();
  await drag(page, b, d);
  const message = page.getByRole("alert").filter({ hasText: `${b} cannot move to ${d}` });
  await message.waitFor();
  assert.deepEqual(await place(), before);
  await picture(page, "message");
  assert.deepEqual(await seriousViolations(page), []);
  // The next drag settles it.
  await drag(page, b, d, () => page.keyboard.press("Escape"));
  await until("the message to go", async () => (await message.count()) === 0);
  await close();
});

test("the result of an operation is a message in the dialog, and goes with the next operation and with the dialog", async () => {
  const { b } = stage.servers;
  const { page, close } = await openPage(stage, { path: linkTo(b) });
  const dialog = page.getByRole("dialog");
  const button = (operation) => dialog.locator(`[data-action="${operation}"]:not([disabled])`);
  await button("refresh").waitFor();
  const before = await button("refresh").boundingBox();
  await button("refresh").click();
  const message = dialog.locator('[data-alert="info"]').filter({ hasText: `Instance refreshed: ${b}` });
  await message.waitFor();
  assert.equal(await message.locator("xpath=ancestor::*[@role='status']").count(), 1);
  assert.deepEqual(await button("refresh").boundingBox(), before);
  await picture(page, "message-in-dialog");
  await button("set-read-only").click();
  await dialog.locator('[data-alert="info"]').filter({ hasNotText: "refreshed" }).waitFor();
  assert.equal(await dialog.locator("[data-alert]").count(), 1);
  await dialog.getByRole("button", { name: "Done" }).click();
  await node(page, b).waitFor();
  await until("the message to go", async () => (await page.locator("[data-alert]").count()) === 0, 5_000);
  await stage.api(`set-writeable/${segments(b)}`);
  await close();
});

test("the dialog of an instance with a problem says what is wrong, and what to do", async () => {
  const { d } = stage.servers;
  await stage.api(`stop-slave/${segments(d)}`);
  const { page, close } = await openPage(stage, { path: linkTo(d) });
  const dialog = page.getByRole("dialog");
  await dialog.locator("[data-problems] li").filter({ hasText: "The SQL thread is not running" }).waitFor();
  await dialog.locator("[data-remedy]").filter({ hasText: "start replication (start-slave)" }).waitFor();
  await dialog.locator('[data-problem-badge="not_replicating"]').waitFor();
  await picture(page, "dialog-problem");
  assert.deepEqual(await seriousViolations(page), []);
  await dialog.locator('[data-action="start-slave"]').click();
  await until("the problem to go", async () => (await dialog.locator("[data-problems]").count()) === 0);
  await close();
});

test("an operation without a plan is explained before it runs", async () => {
  const { b } = stage.servers;
  const { page, close } = await openPage(stage, { path: linkTo(b) });
  await page.locator('[data-action="forget"]').click();
  const dialog = page.getByRole("dialog").filter({ hasText: "Removes the instance from the backend; no server is changed." });
  await dialog.getByRole("button", { name: "Forget" }).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await until("the question to go", async () => (await dialog.count()) === 0);
  assert.equal((await stage.api(`instance/${segments(b)}`)).Key.Port, Number(b.split(":")[1]));
  await close();
});

test("an error of reading stays until the data is read again; data on show stays, too", async () => {
  let isBroken = false;
  const { page, close } = await openPage(stage, {
    path: stage.clusterPage(),
    expected: ["500"],
    before: (opened) => opened.route(/\/api\/cluster\//, (route) =>
      (isBroken ? route.fulfill({ status: 500, json: { Code: "ERROR", Message: "It is broken", Details: null } }) : route.continue())),
  });
  await node(page, stage.servers.b).waitFor();
  const before = await page.locator(".tree").boundingBox();
  isBroken = true;
  await stage.api(`set-read-only/${segments(stage.servers.d)}`);
  const message = page.locator("[data-alert]").filter({ hasText: "The cluster cannot be read. It is broken" });
  await message.waitFor();
  assert.deepEqual(await page.locator(".tree").boundingBox(), before);
  await node(page, stage.servers.b).waitFor();
  isBroken = false;
  await message.getByRole("button", { name: "Try again" }).click();
  await until("the message to go", async () => (await message.count()) === 0);
  await stage.api(`set-writeable/${segments(stage.servers.d)}`);
  await close();
});
