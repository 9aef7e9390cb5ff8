// Anonymous names: nothing that is shown has a real one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { renamed } from "./renamed.mjs";
import { closeBrowser, openPage, picture, Stage, until } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b, a > c, a > d" });
  await stage.discover();
  const [host, port] = stage.servers.b.split(":");
  await stage.api(`begin-maintenance/${host}/${port}/walter/${encodeURIComponent("new disks of secret-store")}`);
  await stage.api(`set-cluster-alias/${encodeURIComponent(stage.servers.a)}?alias=Shop-of-secrets`);
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

const secret = (address) => `db${address.split(":")[1]}.secret.example:${address.split(":")[1]}`;
// What is shown: the document with its attributes, the window title and the address.
const everything = (page) => page.evaluate(() => [document.documentElement.outerHTML, document.title, location.pathname, location.search,
  ...[...document.querySelectorAll("input")].map((one) => one.value)].join("\n"));
const leaks = async (page) => [...new Set((await everything(page)).match(/.{0,60}(db\d{4,}|secret[\w.-]*|walter|new disks|127\.0\.0\.1|shop-of|sales)/gi) ?? [])];

test("anonymous, no page, dialog, title or address shows a real name; names stay the same, also after a reload", async () => {
  const longQuery = {
    InstanceHostname: secret(stage.servers.a).split(":")[0], InstancePort: Number(secret(stage.servers.a).split(":")[1]), Id: 7, User: "walter",
    Host: "client.secret.example:5", Db: "sales", Command: "Query", Time: 99, State: "", Info: "select * from secret_table", StartedAt: "2026-01-01",
    Actions: [{ Operation: "kill-query", Path: "kill-query", Section: "queries", Label: "Kill query", Explanation: "", Danger: "confirm", Warning: "", HasPlan: false, Refusal: "" }],
  };
  const rename = renamed(stage, secret, (json, url) => (url.includes("/api/long-queries") ? [longQuery] : json));
  const { page, close } = await openPage(stage, { path: `web/cluster/${encodeURIComponent(secret(stage.servers.a))}`, before: rename });
  await page.locator(`.tree [data-instance="${secret(stage.servers.b)}"]`).waitFor();
  await page.getByRole("button", { name: "Options of the cluster" }).click();
  await page.getByRole("button", { name: "Anonymize" }).click();
  const card = page.locator(".tree [data-instance]").filter({ hasText: "in maintenance" });
  await card.waitFor();
  const name = await card.locator(".card-title").innerText();
  assert.match(name, /^instance-\d+:3306$/);
  assert.deepEqual(await leaks(page), [], "the cluster");
  await picture(page, "anonymous-cluster");
  await page.reload();
  await card.waitFor();
  assert.equal(await card.locator(".card-title").innerText(), name);
  await card.click();
  await page.getByRole("dialog").getByText("In maintenance since").waitFor();
  await page.locator('[data-action="refresh"]').waitFor();
  assert.match(page.url(), /instance=instance-\d/);
  await page.locator('[data-action="refresh"]').click();
  await page.locator("[data-alert]").filter({ hasText: "Instance refreshed: instance-" }).waitFor();
  assert.deepEqual(await leaks(page), [], "the dialog");
  await picture(page, "anonymous-dialog");
  await page.reload();
  await page.getByRole("dialog").getByRole("heading", { name }).waitFor();
  await page.goBack();
  await until("the dialog to go", async () => (await page.getByRole("dialog").count()) === 0);
  await page.locator(".tree [data-instance]").filter({ hasNotText: "maintenance" }).last().focus();
  await page.keyboard.press("m");
  await page.locator('[data-target][data-droppable="ok"] button').first().click();
  await page.locator("[data-step]").first().waitFor();
  assert.deepEqual(await leaks(page), [], "the plan");
  await picture(page, "anonymous-plan");
  await page.goto(`${stage.address}/web/cluster/${encodeURIComponent(secret(stage.servers.a))}`);
  await card.waitFor();
  assert.deepEqual(await leaks(page), [], "a link with the real name");
  for (const path of ["web/clusters", "web/audit", "web/maintenance", "web/long-queries", "web/status"]) {
    await page.goto(`${stage.address}/${path}`);
    await page.getByText(/(instance|cluster|host)-\d/).first().waitFor();
    assert.deepEqual(await leaks(page), [], path);
    await picture(page, `anonymous-${path.slice(4)}`);
  }
  await page.goto(`${stage.address}/web/clusters`);
  await page.getByRole("search").getByRole("searchbox").fill("secret");
  await page.getByRole("search").getByRole("searchbox").press("Enter");
  await page.locator("[data-found]").waitFor();
  assert.deepEqual(await leaks(page), [], "the search");
  await page.getByRole("list", { name: "Clusters" }).getByRole("link").first().click();
  await card.waitFor();
  assert.equal(await card.locator(".card-title").innerText(), name, "the same name on the way by the search");
  await page.getByRole("button", { name: "Options of the cluster" }).click();
  await page.getByRole("button", { name: "Show names" }).click();
  await until("the real address", () => page.url().includes("secret"));
  await close();
});

test("an anonymous address of another browser says that it cannot be read", async () => {
  const { page, close } = await openPage(stage, { path: "web/cluster/cluster-1?anonymous=true" });
  await page.getByRole("heading", { name: "This address is anonymous" }).waitFor();
  await close();
});

test("anonymous, a discovery names neither the server that was typed nor the reason's servers", async () => {
  const { page, close } = await openPage(stage, {
    path: "web/discover", expected: ["502"], before: (opened) => opened.addInitScript(() => localStorage.setItem("orchestrator-anonymize", "true")),
  });
  await page.getByLabel("Host name").fill("127.0.0.1");
  await page.getByLabel("Port").fill("1");
  await page.getByRole("button", { name: "Discover" }).click();
  await page.locator('[data-discovery="over"]').getByText(/^instance-\d+:3306$/).first().waitFor();
  assert.deepEqual(await leaks(page), []);
  await close();
});
