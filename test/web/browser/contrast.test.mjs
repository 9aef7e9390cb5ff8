// The contrast of all texts, as the browser has computed their colours: WCAG 2, level AA.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, node, openPage, picture, settled, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b, a > c > d" });
  await stage.discover();
  await stage.api(`stop-slave/${stage.servers.d.replace(":", "/")}`);
  await stage.api(`begin-maintenance/${stage.servers.b.replace(":", "/")}/ann/why`);
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

// Runs in the page: the texts with less contrast than required. Texts that are only decoration, and disabled controls,
// need none.
const tooFaint = () => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const coloursOf = (element) => {
    const chain = [];
    for (let at = element; at; at = at.parentElement) chain.unshift(getComputedStyle(at));
    let ground = channels(getComputedStyle(document.documentElement).backgroundColor);
    if (ground[3] === 0) ground = channels("Canvas");
    let opacity = 1;
    for (const style of chain) {
      ground = over(channels(style.backgroundColor), ground);
      opacity *= Number(style.opacity);
    }
    const [r, g, b, a] = channels(chain.at(-1).color);
    return [over([r, g, b, a * opacity], ground), ground];
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest("[aria-hidden=true]:not(.step-sign), :disabled, .off, script, style, noscript")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const [one, other] = coloursOf(element).map(luminance).sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < (isLarge ? 3 : 4.5)) found.add(`${element.className || element.tagName} "${walker.currentNode.data.trim().slice(0, 30)}": ${contrast.toFixed(2)}`);
  }
  return [...found];
};

const media = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "forced, light": { colorScheme: "light", forcedColors: "active" },
  "forced, dark": { colorScheme: "dark", forcedColors: "active" },
};

for (const [name, settings] of Object.entries(media)) {
  test(`all texts have enough contrast: ${name}`, async () => {
    const { a, b, c, d } = stage.servers;
    const { page, close } = await openPage(stage);
    await page.emulateMedia(settings);
    for (const path of ["web/clusters", stage.clusterPage("?view=list"), "web/search?s=127", "web/audit", "web/maintenance", "web/status", "web/discover", "web/about"]) {
      await page.goto(`${stage.address}/${path}`);
      await page.locator("main h1").waitFor();
      await settled(page);
      assert.deepEqual(await page.evaluate(tooFaint), [], path);
    }
    await page.goto(`${stage.address}/${stage.clusterPage("?view=tree")}`);
    await node(page, d).and(page.locator("[data-problem]")).waitFor();
    assert.deepEqual(await page.evaluate(tooFaint), [], "the tree");
    await picture(page, `contrast-tree-${name.replace(", ", "-")}`);
    // During a drag, impossible targets are dimmed.
    const from = await node(page, c).boundingBox();
    await page.mouse.move(from.x + 60, from.y + 40);
    await page.mouse.down();
    const to = await node(page, b).boundingBox();
    await page.mouse.move(to.x + 60, to.y + 40, { steps: 5 });
    for (const address of [a, b, d]) await node(page, address).and(page.locator("[data-droppable]")).waitFor();
    assert.ok((await page.locator('[data-droppable="no"]').count()) > 0);
    assert.deepEqual(await page.evaluate(tooFaint), [], "a drag");
    await picture(page, `contrast-drag-${name.replace(", ", "-")}`);
    await page.keyboard.press("Escape");
    await page.mouse.up();
    await page.goto(`${stage.address}/${stage.clusterPage(`?view=tree&instance=${encodeURIComponent(d)}`)}`);
    await page.locator('[data-action="refresh"]').waitFor();
    await page.locator('[data-action="refresh"]').click();
    await page.locator("[data-alert]").first().waitFor();
    assert.deepEqual(await page.evaluate(tooFaint), [], "a dialog with a message");
    await close();
  });
}

test("with forced colours, the page uses the colours of the system", async () => {
  const { page, close } = await openPage(stage, { path: stage.clusterPage("?view=tree") });
  await page.emulateMedia({ forcedColors: "active" });
  await node(page, stage.servers.d).waitFor();
  const [shown, system] = await page.evaluate(() => {
    const probe = document.createElement("div");
    document.body.append(probe);
    probe.style.color = "CanvasText";
    const { color } = getComputedStyle(probe);
    const card = document.querySelector(".tree .card-head");
    return [[getComputedStyle(card).color, getComputedStyle(card).borderTopStyle], [color, "solid"]];
  });
  assert.deepEqual(shown, system);
  await close();
});
