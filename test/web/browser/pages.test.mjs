// Pages: their content, and their accessibility.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, node, openPage, picture, seriousViolations, Stage, until } from "./stage.mjs";

const hostile = `<img src=x onerror="alert('x')">"'&`;
let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b, a > c > d", flavour: "mysql-5.6" });
  await stage.discover();
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

const segments = (address) => address.replace(":", "/");

test("a long query is shown as text, killed after confirmation, and then gone", async () => {
  // The server counts from this time, so that the test need not wait for a minute.
  const query = stage
    .sql("a", "set timestamp = unix_timestamp() - 100", `select sleep(9), '${hostile.replaceAll("'", "''")}'`)
    .catch((error) => error);
  const { page, close } = await openPage(stage, { path: "web/long-queries" });
  await until("the query to be shown", async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    return (await page.locator("[data-query]").count()) > 0;
  });
  assert.match(await page.locator("[data-query] pre").innerText(), /<img src=x onerror/);
  await picture(page, "long-queries-with-one");
  await page.getByRole("button", { name: /^Kill query \d+ on/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Kill query" }).click();
  await query; // a killed sleep() shows it by its value, or the statement fails
  await until("the query to be gone", async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    return (await page.locator("[data-query]").count()) === 0;
  });
  await close();
});

test("maintenance with hostile text is shown as text, and ended", async () => {
  const { c } = stage.servers;
  await stage.api(`begin-maintenance/${segments(c)}/${encodeURIComponent(hostile)}/${encodeURIComponent(hostile)}`);
  const { page, close } = await openPage(stage, { path: "web/maintenance" });
  await page.getByText(hostile).first().waitFor();
  await page.goto(`${stage.address}/${stage.clusterPage()}`);
  await page.locator(`.tree [data-instance="${c}"][data-problem="in_maintenance"]`).waitFor();
  await node(page, c).getByRole("button").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(hostile).first().waitFor();
  await dialog.getByRole("button", { name: "End maintenance" }).click();
  await until("the lock to be lifted", async () => (await stage.api("maintenance")).length === 0);
  await close();
});

test("an alias with markup is shown as text everywhere", async () => {
  await stage.api(`set-cluster-alias/${encodeURIComponent(stage.servers.a)}?alias=${encodeURIComponent(hostile)}`);
  const { page, close } = await openPage(stage, { path: "" });
  await page.getByText(hostile).first().waitFor();
  await page.goto(`${stage.address}/${stage.clusterPage()}`);
  await page.getByRole("heading", { name: hostile }).waitFor();
  await close();
  await stage.api(`set-cluster-alias/${encodeURIComponent(stage.servers.a)}?alias=`);
});

// A real server cannot be made to return such values.
const everywhereHostile = (value) => {
  if (typeof value === "string") return value.startsWith("20") ? value : `${value}${hostile}`;
  if (Array.isArray(value)) return value.map(everywhereHostile);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, everywhereHostile(one)]));
  return value;
};

test("hostile values in every field are shown as text on every page", async () => {
  const { page, close } = await openPage(stage, {
    before: (opened) =>
      opened.route(/\/api\/(?!events)/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: everywhereHostile(await response.json()) });
      }),
  });
  for (const path of ["", stage.clusterPage(), stage.clusterPage("?view=list"), "web/audit", "web/status", "web/search?s=127"]) {
    await page.goto(`${stage.address}/${path}`);
    await page.getByText("<img src=x").first().waitFor();
    assert.equal(await page.locator('img[src="x"]').count(), 0, path);
  }
  await close();
});

test("the audit is paged", async () => {
  for (let i = 0; i < 4; ++i) {
    await stage.api(`begin-maintenance/${segments(stage.servers.d)}/ann/round${i}`);
    await stage.api(`end-maintenance/${segments(stage.servers.d)}`);
  }
  const { page, close } = await openPage(stage, { path: "web/audit" });
  await page.getByText("round3").first().waitFor();
  const first = await page.locator("tbody tr").allInnerTexts();
  assert.equal(first.length, 5);
  await page.getByRole("link", { name: "Older" }).first().click();
  await until("the next page", async () => page.url().endsWith("/web/audit/1"));
  await page.getByText("round1").first().waitFor();
  const second = await page.locator("tbody tr").allInnerTexts();
  assert.ok(first.some((row) => row.includes("round3")) && !second.some((row) => row.includes("round3")));
  await page.getByRole("searchbox", { name: "Filter" }).fill("Round2");
  await page.getByRole("button", { name: "Filter" }).click();
  await until("the one that fits", async () => (await page.locator("tbody tr").count()) === 1);
  assert.match(await page.locator("tbody tr").innerText(), /round2/);
  await close();
});

test("changes of a server are shown automatically, and the view is kept", async () => {
  const { d } = stage.servers;
  const { page, close } = await openPage(stage, { path: stage.clusterPage() });
  await node(page, d).waitFor();
  await node(page, d).focus();
  await stage.api(`stop-slave/${segments(d)}`);
  await page.locator(`.tree [data-instance="${d}"][data-problem="not_replicating"]`).waitFor();
  await page.getByRole("button", { name: /problems/i }).first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-instance")), d);
  await until("the whole of the server in what is left beside the list of problems", async () => {
    const card = await page.locator(`.tree [data-instance="${d}"]`).boundingBox();
    const tree = await page.locator(".tree").boundingBox();
    return card.x >= tree.x && card.x + card.width <= tree.x + tree.width;
  });
  await picture(page, "cluster-with-problem");
  await stage.api(`start-slave/${segments(d)}`);
  await page.locator(`.tree [data-instance="${d}"]:not([data-problem])`).waitFor();
  await close();
});

test("a lost connection is shown, and restored", async () => {
  const { page, close } = await openPage(stage, {
    path: stage.clusterPage(),
    expected: ["Failed to load resource", "net::ERR"],
    before: (opened) => opened.route(/\/api\/events/, (route) => route.abort()),
  });
  await page.getByText(/connection/i).first().waitFor();
  await page.unroute(/\/api\/events/);
  await until("the connection", async () => (await page.getByText(/lost/i).count()) === 0, 40_000);
  await close();
});

const pages = {
  clusters: "",
  cluster: () => stage.clusterPage(),
  "cluster-list": () => stage.clusterPage("?view=list"),
  "cluster-compact": () => stage.clusterPage("?compact=true"),
  audit: "web/audit",
  discover: "web/discover",
  "long-queries": "web/long-queries",
  maintenance: "web/maintenance",
  search: "web/search?s=127",
  status: "web/status",
  about: "web/about",
  faq: "web/faq",
  "keep-calm": "web/keep-calm",
  unknown: "web/nothing",
};

for (const colorScheme of ["light", "dark"]) {
  test(`all pages are accessible, ${colorScheme}`, async () => {
    const { page, close } = await openPage(stage, { settings: { colorScheme } });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${stage.address}/${typeof path === "string" ? path : path()}`);
      await page.locator("main [data-page], main[data-page]").first().waitFor();
      await page.waitForLoadState("networkidle").catch(() => {}); // the stream of events never ends
      assert.deepEqual(await seriousViolations(page), [], name);
      await picture(page, `${name}-${colorScheme}`);
    }
    await page.goto(`${stage.address}/${stage.clusterPage()}`);
    await node(page, stage.servers.b).getByRole("button").first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Refresh" }).waitFor();
    assert.deepEqual(await seriousViolations(page), [], "the dialog of an instance");
    await picture(page, `instance-${colorScheme}`);
    await close();
  });
}

test("on a small screen, no page is wider than the screen", async () => {
  const { page, close } = await openPage(stage, { settings: { viewport: { width: 360, height: 740 } } });
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(`${stage.address}/${typeof path === "string" ? path : path()}`);
    await page.locator("main [data-page], main[data-page]").first().waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name);
    await picture(page, `${name}-small`);
  }
  await close();
});
