// What came of a discovery, and the recovery that the server offers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, node, openPage, picture, Stage, until } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b, a > c > d, a > e" });
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

async function discoverOn(page, address) {
  const [host, port] = address.split(":");
  await page.getByLabel("Host name").fill(host);
  await page.getByLabel("Port").fill(port);
  await page.getByRole("button", { name: "Discover" }).click();
  await page.locator('[data-discovery="running"]').waitFor();
  await page.locator('[data-discovery="over"]').waitFor();
  return page.getByRole("status").filter({ hasText: "Discovered from" });
}

test("a server that cannot be read: its name, and why", async () => {
  const { page, close } = await openPage(stage, { path: "web/discover", expected: ["502"] });
  const outcome = await discoverOn(page, "127.0.0.1:1");
  const text = await outcome.innerText();
  assert.match(text, /0 instances found\./);
  assert.match(text, /1 instance could not be read:\s*127\.0\.0\.1:1: .*refused/);
  assert.equal(await outcome.getByRole("link").count(), 0);
  await close();
});

test("a topology: the number of instances, a link to the cluster, and the servers that cannot be read", async () => {
  const { a, b, c, d } = stage.servers;
  const { page, close } = await openPage(stage, { path: "web/discover" });
  let text = await (await discoverOn(page, c)).innerText();
  assert.match(text, /5 instances found/);
  assert.doesNotMatch(text, /could not be read/);
  await stage.sandbox("kill", "b");
  await until("the server to notice", async () => !(await stage.api(`instance/${b.replace(":", "/")}`)).IsLastCheckValid);
  const outcome = await discoverOn(page, c);
  text = await outcome.innerText();
  assert.match(text, /4 instances found/);
  assert.match(text, new RegExp(`1 instance could not be read:\\s*${b}: .*(refused|Lost|gone|closed)`, "i"));
  await picture(page, "discover-done");
  await outcome.getByRole("link", { name: a }).click();
  await node(page, d).waitFor();
  await close();
});

test("a failed intermediate master: the server's operations, with the reasons against some; its candidate has a star", async () => {
  const { c, d, e } = stage.servers;
  await stage.sandbox("kill", "c");
  const { page, close } = await openPage(stage, { path: stage.clusterPage("?view=tree"), expected: ["502", "409"] });
  await page.locator(`.tree [data-instance="${d}"] [data-badge="star"]`).waitFor();
  await node(page, c).getByRole("button", { name: "Recover…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator('[data-choice="repoint-slaves"]').waitFor();
  assert.ok(await dialog.locator('[data-choice="recover"] button').isEnabled());
  const refused = dialog.locator('[data-choice="move-up-slaves"]');
  assert.ok(await refused.getByRole("button").isDisabled());
  assert.match(await refused.innerText(), new RegExp(`${c} could not be read`));
  const matched = dialog.locator('[data-choice="multi-match-slaves"]');
  assert.equal(await matched.count(), 1, "not below the sibling that cannot be read");
  assert.match(await matched.innerText(), new RegExp(`Match all replicas below ${e}`));
  await picture(page, "dialog-recover");
  await dialog.locator('[data-choice="repoint-slaves"] button').click();
  await page.locator('[data-phase="asking"], [data-phase="refused"]').waitFor();
  await close();
});
