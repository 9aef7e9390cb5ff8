// Measures how soon the page shows a cluster of 40 real servers, the size of the page, and the cost of 1,000 idle
// connections:
// node test/bench/pages.mjs [ROUNDS]
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { closeBrowser, openPage, Stage } from "../web/browser/stage.mjs";

const rounds = Number(process.argv[2] ?? 15);
const bundle = join(dirname(fileURLToPath(import.meta.url)), "../../build/release/share/orchestrator/web/assets");

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const print = (what, all) =>
  console.log(`${what}: median ${median(all).toFixed(0)} ms, ${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} ms (${all.length} times)`);

// Runs in the page: records when the tree first appears (only its visible part is drawn), by the page's clock, which
// starts with the navigation.
const watchTree = (count) => {
  globalThis.shownAt = new Promise((resolve) => {
    const look = () => {
      if (document.querySelectorAll(".tree [data-instance]").length >= Math.min(count, 10)) {
        // The frame in which the tree is drawn.
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        return true;
      }
      return false;
    };
    new MutationObserver((_, observer) => {
      if (look()) observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
};

// Measures first paints with an empty cache. A browser that has just opened a window is busy with its own pages for a
// second.
async function paints(stage, count) {
  const first = [];
  const all = [];
  const { page, close } = await openPage(stage, { before: (opened) => opened.addInitScript(watchTree, count) });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  for (let i = -2; i < rounds; ++i) {
    await page.goto("about:blank");
    await page.waitForTimeout(1000);
    await page.goto(`${stage.address}/${stage.clusterPage()}`, { waitUntil: "commit" });
    const shown = await page.evaluate(() => globalThis.shownAt);
    // The browser records a paint shortly after it.
    const noted = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    const paint = await noted.jsonValue();
    if (i < 0) continue;
    all.push(shown);
    first.push(paint);
  }
  await close();
  print(`first contentful paint of a cluster of ${count} servers`, first);
  print("its tree on show", all);
}

async function weights() {
  for (const name of (await readdir(bundle)).sort()) {
    const content = await readFile(join(bundle, name));
    console.log(`${name.replace(/-.*\./, ".")}: ${(content.length / 1000).toFixed(0)} KB, ${(gzipSync(content).length / 1000).toFixed(0)} KB compressed`);
  }
}

async function residentOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]);
}

async function answerTimes(stage) {
  const times = [];
  for (let i = 0; i < 200; ++i) {
    const began = performance.now();
    await stage.api("lb-check");
    times.push(performance.now() - began);
  }
  return median(times);
}

// Requests that never finish keep the connections open, because the server closes an idle connection after some
// seconds.
async function idleConnections(stage, count) {
  const { port, hostname } = new URL(stage.address);
  const before = await residentOf(stage.process.pid);
  const timeBefore = await answerTimes(stage);
  const sockets = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.on("error", reject);
  })));
  const during = await residentOf(stage.process.pid);
  const timeDuring = await answerTimes(stage);
  const open = sockets.filter((socket) => !socket.destroyed && socket.readyState === "open").length;
  for (const socket of sockets) socket.destroy();
  console.log(`${count} idle connections (${open} still open in the end): ${((during - before) / count).toFixed(1)} KB each; ` +
    `an answer takes ${timeDuring.toFixed(2)} ms, without them ${timeBefore.toFixed(2)} ms (medians)`);
}

const leaves = [1, 2, 3].flatMap((m) => Array.from({ length: 12 }, (_, i) => `m${m} > r${m}x${i}`));
const tree = ["a > m1", "a > m2", "a > m3", ...leaves].join(", ");
console.log(`${cpus().length} processors, ${cpus()[0].model}; servers, browser and orchestrator share them`);
const stage = await Stage.open({ tree });
try {
  await stage.discover();
  await paints(stage, 40);
  await weights();
  await idleConnections(stage, 1000);
} finally {
  await closeBrowser();
  await stage.close();
}
