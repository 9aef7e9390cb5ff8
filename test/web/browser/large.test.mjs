// Many clusters and large clusters.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closeBrowser, openPage, picture, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open({ tree: "a > b" });
  await stage.discover();
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

// A test cannot start that many servers.
const generated = (count) =>
  Array.from({ length: count }, (_, i) => ({
    ...template,
    Key: { Hostname: `db${i}.example.com`, Port: 3306 },
    MasterKey: i === 0 ? { Hostname: "", Port: 0 } : { Hostname: `db${i < 40 ? 0 : (i % 39) + 1}.example.com`, Port: 3306 },
    ClusterName: "db0.example.com:3306",
    IsReplica: i > 0,
    IsClusterMaster: i === 0,
  }));
let template;

test("of thousands of clusters, the largest and those with a dead master are shown, others by the filter", async () => {
  const infos = Array.from({ length: 3000 }, (_, i) => ({
    ClusterName: `db-${i}.example.com:3306`, ClusterAlias: i === 5 ? "shop" : "", CountInstances: 3000 - i,
    ProblemCounts: i === 5 ? [{ Problem: "not_replicating", Count: 7 }] : [], MaxLagSeconds: { Int64: 90, Valid: i === 5 },
  }));
  const dead = {
    AnalyzedInstanceKey: { Hostname: "db-2000.example.com", Port: 3306 }, ClusterName: "db-2000.example.com:3306", IsMaster: true,
    IsCoMaster: false, LastCheckValid: false, CountSlaves: 1, CountValidSlaves: 1, CountValidReplicatingSlaves: 0,
    Analysis: "DeadMaster", Description: "It is dead", Actions: [],
  };
  const { page, close } = await openPage(stage, {
    path: "web/clusters",
    before: async (opened) => {
      await opened.route(/\/api\/clusters-info/, (route) => route.fulfill({ json: infos }));
      await opened.route(/\/api\/replication-analysis/, (route) =>
        route.fulfill({ json: { Code: "OK", Message: "Analysis", Details: [dead] } }));
    },
  });
  const box = (i) => page.locator(`[data-cluster="db-${i}.example.com:3306"]`);
  await box(5).filter({ hasText: "7 not replicating" }).filter({ hasText: "lag up to 1 min 30 s" }).waitFor();
  await box(6).filter({ hasText: "no problems" }).filter({ hasNotText: "lag" }).waitFor();
  await box(2000).getByText("DeadMaster").waitFor();
  assert.equal(await page.locator("[data-cluster]").count(), 301);
  await page.getByText("And 2699 smaller ones").waitFor();
  await page.getByRole("searchbox", { name: "Filter" }).fill("DB-2999");
  await box(2999).waitFor();
  assert.equal(await page.locator("[data-cluster]").count(), 1);
  await close();
});

test("forty instances are shown at once", async () => {
  [template] = await stage.api(`cluster/${encodeURIComponent(stage.servers.a)}`);
  const { page, close } = await openPage(stage, {
    path: "web/cluster/db0.example.com%3A3306?compact=false&view=tree",
    before: (opened) => opened.route(/\/api\/cluster\//, (route) => route.fulfill({ json: generated(40) })),
  });
  const shown = page.waitForFunction(() => document.querySelectorAll(".tree [data-instance]").length >= 20 && performance.now());
  console.log(`# 40 instances are shown ${Math.round(await (await shown).jsonValue())} ms after the page was asked for`);
  await close();
});

test("a thousand instances move smoothly", async () => {
  [template] = await stage.api(`cluster/${encodeURIComponent(stage.servers.a)}`);
  const { page, close } = await openPage(stage, {
    path: "web/cluster/db0.example.com%3A3306?compact=false&view=tree",
    before: (opened) => opened.route(/\/api\/cluster\//, (route) => route.fulfill({ json: generated(1000) })),
  });
  await page.locator(".tree [data-instance]").first().waitFor();
  const box = await page.locator(".tree").first().boundingBox();
  await page.evaluate(() => {
    globalThis.frames_ = [];
    const note = (time) => {
      globalThis.frames_.push(time);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  for (let i = 0; i < 60; ++i) await page.mouse.move(box.x + 20 + (i % 20) * 10, box.y + 20 + i * 5);
  await page.mouse.up();
  const frames = await page.evaluate(() => globalThis.frames_);
  const gaps = frames.slice(1).map((time, i) => time - frames[i]).sort((x, y) => x - y);
  console.log(`# panning 1000 instances: ${frames.length} frames, ${gaps[Math.floor(gaps.length / 2)].toFixed(1)} ms in the median, ${gaps.at(-1).toFixed(1)} ms at most`);
  assert.ok(gaps.length > 10);
  await picture(page, "cluster-thousand");
  await close();
});
