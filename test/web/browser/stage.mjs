// Shared by the browser tests: real servers that replicate, orchestrator-http, and a browser (page.mjs).
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export * from "./page.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const bin = process.env.ORCHESTRATOR_BIN ?? join(root, "build/release/bin");
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
