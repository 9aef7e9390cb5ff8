// Shared by the browser tests: real servers that replicate, orchestrator-http, and a browser.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const require = createRequire(join(root, "web/package.json"));
const { chromium } = require("playwright-core");
const bin = process.env.ORCHESTRATOR_BIN ?? join(root, "build/release/bin");
const pictures = process.env.ORCHESTRATOR_SCREENSHOTS ?? join(root, "build/screenshots");
const run = promisify(execFile);

const patience = 20_000;

// Repeats `ask` until it returns a true value; fails the test after `milliseconds`.
export async function until(what, ask, milliseconds = patience) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// The servers of `tree` by name ("a > b, a > c"), and orchestrator-http, which knows none of them yet.
export class Stage {
  // Without a tree, no servers are started.
  static async open({ tree, flavour = "mariadb-10.11", configuration = {} }) {
    const stage = new Stage();
    stage.folder = await mkdtemp(join(tmpdir(), "orchestrator-browser-"));
    stage.servers = {};
    if (tree === undefined) {
      await stage.startServer(configuration);
      return stage;
    }
    await stage.sandbox("start", "--flavour", flavour, "--tree", tree, "--pseudo-gtid");
    await stage.readServers();
    await stage.startServer(configuration);
    return stage;
  }

  async sandbox(command, ...more) {
    const { stdout } = await run(join(bin, "orchestrator-sandbox"), [command, "--folder", join(this.folder, "servers"), ...more]);
    return stdout;
  }

  async readServers() {
    for (const line of (await this.sandbox("status")).trim().split("\n")) {
      const [name, address] = line.split(/\s+/);
      this.servers[name] = address;
    }
  }

  // The rows that the server returns, each as an array of columns.
  async sql(name, ...statements) {
    const text = await this.sandbox("sql", name, ...statements);
    return text === "" ? [] : text.trimEnd().split("\n").map((line) => line.split("\t"));
  }

  // The master of a server, as the server reports it; "" if it is not a replica.
  async masterOf(name) {
    const [row] = await this.sql(name, "show slave status");
    return row === undefined ? "" : `${row[1]}:${row[3]}`;
  }

  async startServer(configuration) {
    const port = await freePort();
    const file = join(this.folder, "orchestrator.conf.json");
    const all = {
      ListenAddress: `127.0.0.1:${port}`,
      BackendDB: "sqlite3",
      SQLite3DataFile: join(this.folder, "orchestrator.sqlite3"),
      MySQLTopologyUser: "orchestrator",
      MySQLTopologyPassword: "orch_pass",
      HostnameResolveMethod: "none",
      DiscoverByShowSlaveHosts: true,
      ReplicationCredentialsQuery: "SELECT 'repl', 'repl_pass'",
      InstancePollSeconds: 1,
      AuditPageSize: 5,
      PseudoGTIDPattern: "drop view if exists .*?_pseudo_gtid_hint__",
      ...configuration,
    };
    await writeFile(file, JSON.stringify(all), { mode: 0o600 });
    this.process = spawn(join(bin, "orchestrator-http"), ["--config", file, "--verbose"], { stdio: ["ignore", "ignore", "pipe"] });
    this.log = "";
    this.process.stderr.on("data", (text) => (this.log += text));
    this.address = `${all.UseSSL ? "https" : "http"}://127.0.0.1:${port}${all.URLPrefix ?? ""}`;
    this.socket = all.ListenAddress.startsWith("unix:") ? all.ListenAddress.slice("unix:".length) : undefined;
    await until(`the server to listen: ${this.log}`, () => this.log.includes("Listening on"));
    // The server listens before its backend is open. Tests of the transport alone do not need the backend.
    if (this.address.startsWith("http:") && this.socket === undefined)
      await until(`the backend to be open: ${this.log}`, async () => Array.isArray(await this.api("clusters")));
  }

  async api(path, headers = {}) {
    const response = await fetch(`${this.address}/api/${path}`, { headers });
    return response.json();
  }

  // Discovers the topology and waits until all servers are known and their last check was valid.
  async discover(headers = {}) {
    const [host, port] = this.servers.a.split(":");
    const begun = await this.api(`discover/${host}/${port}`, headers);
    assert.equal(begun.Code, "OK", begun.Message);
    const count = Object.keys(this.servers).length;
    await until("all servers to be known", async () => {
      const all = await this.api(`cluster/${encodeURIComponent(this.servers.a)}`);
      return all.length === count && all.every((one) => one.IsLastCheckValid);
    });
  }

  clusterPage(query = "") {
    return `web/cluster/${encodeURIComponent(this.servers.a)}${query}`;
  }

  async close() {
    this.process?.kill("SIGTERM");
    await new Promise((resolve) => (this.process?.exitCode === null ? this.process.once("exit", resolve) : resolve()));
    await this.sandbox("stop", "--remove").catch(() => {});
    await rm(this.folder, { recursive: true, force: true });
  }
}

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
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

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
