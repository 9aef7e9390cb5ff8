// How names are shown: short, and isolated from their neighbours; and that they are found.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { renamed } from "./renamed.mjs";
import { closeBrowser, node, openPage, picture, settled, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b, a > c, a > d" });
  await stage.discover();
  await stage.api(`begin-maintenance/${stage.servers.b.replace(":", "/")}/ann/why`);
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

const longName = (address) => `mysql.${"very-".repeat(6)}long-${address.split(":")[1]}.eu.example.com:${address.split(":")[1]}`;

test("long names are short on cards, in lists and boxes, whole on hover and in the dialog", async () => {
  const b = longName(stage.servers.b);
  const path = `web/cluster/${encodeURIComponent(longName(stage.servers.a))}`;
  const { page, close } = await openPage(stage, { path, before: renamed(stage, longName) });
  const card = page.locator(`.tree [data-instance="${b}"]`);
  await card.waitFor();
  const title = card.locator(".card-title bdi");
  const text = await title.innerText();
  assert.match(text, new RegExp(`^very.*….*${stage.servers.b.split(":")[1].slice(-3)}`));
  assert.ok(!text.includes("example") && !text.includes("mysql"), text);
  assert.equal(await title.getAttribute("title"), b);
  assert.ok(await card.locator(".card-title").evaluate((one) => one.scrollWidth <= one.clientWidth), "nothing is cut off");
  await card.click();
  await page.getByRole("dialog").getByRole("heading", { name: b, exact: true }).waitFor();
  await picture(page, "long-names-dialog");
  await page.goto(`${stage.address}/${path}?view=list`);
  const line = page.locator(`.line[data-instance="${b}"] .line-name bdi`);
  assert.equal(await line.getAttribute("title"), b);
  assert.ok([...(await line.innerText())].length <= 40);
  await picture(page, "long-names-list");
  await page.goto(`${stage.address}/web/search?s=127`);
  const listed = page.locator(`.list-card[data-instance="${b}"] .card-title bdi`);
  await listed.waitFor();
  assert.ok((await listed.innerText()).includes("…"));
  await close();
});

const hebrew = "שלום 12 עולם";
const withHebrew = (value) => {
  if (typeof value === "string") return /^(20|127|0\.|$)/.test(value) ? value : `${value} ${hebrew}`;
  if (Array.isArray(value)) return value.map(withHebrew);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) =>
    [name, ["Code", "Danger", "Section", "Verdict", "Path", "Hostname", "ClusterName", "Version"].includes(name) ? one : withHebrew(one)]));
};

// The texts from right to left that are not isolated from a text beside them.
const notIsolated = (page) => page.evaluate(() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!/[\u0590-\u08ff]/.test(text.data)) continue;
    for (let at = text; at !== document.body; at = at.parentNode) {
      if (at !== text && getComputedStyle(at).unicodeBidi.startsWith("isolate")) break;
      const hasNeighbour = [...at.parentNode.childNodes].some((one) => one !== at && one.textContent.trim() !== "" && one.nodeType !== 8 &&
        (one.nodeType === 3 || getComputedStyle(one).display === "inline"));
      const isBoundary = at !== text && getComputedStyle(at).display !== "inline";
      if (isBoundary) break;
      if (hasNeighbour) {
        found.push(at.parentNode.outerHTML.slice(0, 200));
        break;
      }
    }
  }
  return found;
});

test("names from right to left are isolated from the texts beside them, on every page and in dialogs", async () => {
  await stage.api(`set-cluster-alias/${encodeURIComponent(stage.servers.a)}?alias=alias`);
  const { page, close } = await openPage(stage, {
    before: (opened) => opened.route(/\/api\/(?!events)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: withHebrew(await response.json()) });
    }),
  });
  const dialog = `&instance=${encodeURIComponent(stage.servers.b)}`;
  for (const path of [
    "web/clusters", stage.clusterPage("?view=tree"), stage.clusterPage("?view=list"), "web/search?s=127", "web/audit", "web/maintenance",
    "web/status", stage.clusterPage(`?view=list${dialog}`),
  ]) {
    await page.goto(`${stage.address}/${path}`);
    await page.locator("main, dialog").getByText(/שלום/).first().waitFor();
    if (path.endsWith(dialog)) await page.locator('[data-maintenance="held"]').waitFor();
    assert.deepEqual(await notIsolated(page), [], path);
  }
  await close();
});

test("an alias from right to left stands where it would in English, and its neighbours, too", async () => {
  await stage.api(`set-cluster-alias/${encodeURIComponent(stage.servers.a)}?alias=${encodeURIComponent(hebrew)}`);
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  const alias = page.locator("h1 bdi").filter({ hasText: hebrew });
  await alias.waitFor();
  const name = await page.locator("h1 small bdi").boundingBox();
  const box = await alias.boundingBox();
  assert.ok(box.x + box.width <= name.x, "the alias is left of the name");
  assert.equal(await page.title(), `orchestrator - \u2068${hebrew}\u2069`);
  await picture(page, "alias-right-to-left");
  await close();
});

test("the search finds clusters by their alias, and says so", async () => {
  await stage.api(`set-cluster-alias/${encodeURIComponent(stage.servers.a)}?alias=Shop-of-secrets`);
  const { page, close } = await openPage(stage, { path: "web/clusters" });
  const box = page.getByRole("search").getByRole("searchbox", { name: /aliases/ });
  assert.match(await box.getAttribute("placeholder"), /alias/i);
  await box.fill("shop-OF");
  await box.press("Enter");
  await page.locator('[data-found-clusters="1"]').waitFor();
  await page.getByRole("list", { name: "Clusters" }).getByRole("link", { name: "Shop-of-secrets" }).click();
  await node(page, stage.servers.c).waitFor();
  await close();
});

test("no page says slave, except in the names of commands", async () => {
  const { page, close } = await openPage(stage);
  for (const path of ["web/clusters", stage.clusterPage("?view=list"), `web/clusters?instance=${encodeURIComponent(stage.servers.b)}`, "web/faq", "web/about", "web/discover"]) {
    await page.goto(`${stage.address}/${path}`);
    await page.locator("main h1").waitFor();
    await settled(page);
    const text = (await page.locator("body").innerText()).replace(/\b[a-z]+(-[a-z]+)+\b/g, "");
    assert.doesNotMatch(text, /\bslaves?\b/i, path);
  }
  await close();
});
