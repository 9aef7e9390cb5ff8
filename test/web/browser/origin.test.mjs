// Pages of other sites, in a browser that may use the server, change nothing. Uses plain HTTP, where browsers send
// the least information to servers; every name below .example resolves to this machine.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { closeBrowser, openBrowser, openPage, Stage, until } from "./stage.mjs";

let stage;
let port;
before(async () => {
  stage = await Stage.open({ configuration: { HTTPAllowedHosts: ["orc.example", "proxy.example"] } });
  ({ port } = new URL(stage.address));
});
after(async () => {
  await closeBrowser();
  await stage?.close();
});

// Starts a server with this handler on its own port.
async function serve(handle) {
  const server = http.createServer(handle);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
}

const attack = (n) => `http://orc.example:${port}/api/begin-maintenance/victim${n}/3306/evil/reason`;

test("a page of another site changes nothing, whatever requests it triggers", async (t) => {
  const tags = [
    (address) => `<img referrerpolicy="no-referrer" src="${address}">`,
    (address) => `<img src="${address}">`,
    (address) => `<script referrerpolicy="no-referrer" src="${address}"></script>`,
    (address) => `<link rel="stylesheet" referrerpolicy="no-referrer" href="${address}">`,
    (address) => `<video autoplay src="${address}"></video>`,
    (address) => `<iframe referrerpolicy="no-referrer" src="${address}"></iframe>`,
    (address) => `<object data="${address}"></object>`,
    (address) => `<script>fetch("${address}", { mode: "no-cors", referrerPolicy: "no-referrer", headers: { Accept: "application/json" } })</script>`,
    (address) => `<script>fetch("${address}", { headers: { "X-Requested-With": "orchestrator" } }).catch(() => {})</script>`,
    (address) => `<iframe name="form"></iframe><form target="form" action="${address}"></form><script>document.forms[0].submit()</script>`,
  ];
  const body = tags.map((tag, n) => tag(attack(n))).join("\n");
  const evil = await serve((_, response) => response.setHeader("Content-Type", "text/html").end(`<!doctype html>${body}`));
  t.after(evil.close);
  const context = await (await openBrowser()).newContext();
  const page = await context.newPage();
  const asked = new Set();
  page.on("requestfinished", (request) => asked.add(request.url()));
  page.on("requestfailed", (request) => asked.add(request.url()));
  await page.goto(`http://evil.example:${evil.port}/`);
  await until("all requests to be made", () => tags.every((_, n) => [...asked].some((url) => url.startsWith(attack(n)))));
  // A link that the user clicks.
  await page.setContent(`<a rel="noreferrer" href="${attack(99)}">x</a>`);
  await Promise.all([page.waitForNavigation(), page.click("a")]);
  assert.match(await page.textContent("body"), /Unauthorized/);
  await page.goto(attack(100));
  assert.match(await page.textContent("body"), /Unauthorized/);
  assert.deepEqual(await stage.api("maintenance"), []);
  await context.close();
  // Check that a successful request is visible.
  assert.equal((await stage.api("begin-maintenance/victim/3306/curl/reason")).Code, "OK");
  assert.equal((await stage.api("maintenance")).length, 1);
});

test("a foreign host name that resolves to this server gets a page that names the setting to configure", async () => {
  const { page, close } = await openPage({ address: `http://evil.example:${port}` }, { expected: ["421"] });
  assert.match(await page.textContent("body"), /evil\.example.*HTTPAllowedHosts/);
  await close();
});

// Uses the form of the page.
async function discoverOn(address) {
  const { page, close } = await openPage({ address }, { path: "web/discover", expected: ["502"] });
  await page.getByLabel("Host name").fill("127.0.0.1");
  await page.getByLabel("Port").fill("1");
  await page.getByRole("button", { name: "Discover" }).click();
  // Nothing listens there.
  await page.getByRole("status").filter({ hasText: "1 instance could not be read" }).waitFor();
  await close();
}

test("pages of this server may change things, over plain HTTP, too", async () => {
  await discoverOn(`http://orc.example:${port}`);
});

test("pages may change things below a path, behind a proxy that uses another host name", async (t) => {
  const below = await Stage.open({ configuration: { URLPrefix: "/dba/orc", HTTPAllowedHosts: ["proxy.example"] } });
  t.after(() => below.close());
  const behind = { host: "127.0.0.1", port: new URL(below.address).port };
  const proxy = await serve((request, response) => {
    const forwarded = http.request(
      { ...behind, path: request.url, method: request.method, headers: { ...request.headers, host: "127.0.0.1" } },
      (answer) => (response.writeHead(answer.statusCode, answer.headers), answer.pipe(response)));
    forwarded.on("error", () => response.destroy());
    response.on("close", () => forwarded.destroy());
    forwarded.end();
  });
  t.after(proxy.close);
  await discoverOn(`http://proxy.example:${proxy.port}/dba/orc`);
});
