// Shared by the browser tests: pages in a browser, drags, pictures and checks of accessibility.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const require = createRequire(join(root, "web/package.json"));
const { chromium } = require("playwright-core");
const pictures = process.env.ORCHESTRATOR_SCREENSHOTS ?? join(root, "build/screenshots");

let browser;
export const openBrowser = async () => {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Names below .example resolve to this machine; http: addresses are not upgraded to https:.
    args: ["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1", "--disable-features=HttpsUpgrades"],
  });
  return browser;
};
export const closeBrowser = () => browser?.close();

// A page in its own browser context. close() fails after script errors, violations of the Content Security Policy,
// alert() dialogs and requests to other hosts.
export async function openPage(stage, { path = "", settings = {}, before = async () => {}, expected = [] } = {}) {
  const context = await (await openBrowser()).newContext({ viewport: { width: 1280, height: 800 }, ...settings });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !expected.some((one) => text.includes(one))) faults.push(`console: ${text}`);
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(stage.address) && !request.url().startsWith("data:")) faults.push(`asked ${request.url()}`);
  });
  await before(page);
  await page.goto(`${stage.address}/${path}`);
  return {
    page,
    async close() {
      await page.unrouteAll({ behavior: "ignoreErrors" });
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

// Returns when the page has its data and nothing on it moves any more.
export const settled = (page) =>
  page.waitForFunction(() => document.querySelector(".waiting") === null && document.getAnimations().every((one) => one.playState !== "running"));

// Returns when all events so far have been handled and drawn.
export const drawn = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))));

export const node = (page, address) => page.locator(`.tree [data-instance="${address}"]`);

// Drags one node onto another with the mouse; calls `on` before the button is released.
export async function drag(page, from, to, on = async () => {}) {
  const middle = async (address) => {
    const box = await node(page, address).boundingBox();
    return [box.x + box.width / 3, box.y + box.height / 2];
  };
  // Nothing can be dragged until the server has reported what is allowed.
  await node(page, from).and(page.locator("[data-draggable]")).waitFor();
  await page.mouse.move(...(await middle(from)));
  await page.mouse.down();
  await page.mouse.move(...(await middle(to)), { steps: 6 });
  await node(page, to).and(page.locator("[data-droppable]")).waitFor();
  await on();
  await page.mouse.up();
}

export async function picture(page, name) {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

// The serious and critical accessibility violations that axe finds.
export async function seriousViolations(page) {
  const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 300)}`);
}
