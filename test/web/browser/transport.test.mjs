// Transports of the server: HTTPS, client certificates, a Unix socket, a path prefix.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeBrowser, openPage, Stage } from "./stage.mjs";

let folder;
const file = (name) => join(folder, name);
const openssl = (...words) => execFileSync("openssl", words, { stdio: "pipe" });
const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "orchestrator-transport-"));
  openssl("req", "-x509", ...key, "-keyout", file("key.pem"), "-out", file("cert.pem"), "-subj", "/CN=localhost",
    "-addext", "subjectAltName=IP:127.0.0.1");
  openssl("req", "-x509", ...key, "-keyout", file("other-key.pem"), "-out", file("other-cert.pem"), "-subj", "/CN=stranger");
});
after(async () => {
  await closeBrowser();
  await rm(folder, { recursive: true, force: true });
});

const ask = (client, options) =>
  new Promise((resolve, reject) => {
    const request = client.get(options, (response) => {
      let body = "";
      response.on("data", (part) => (body += part));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on("error", reject);
  });

const own = () => ({ UseSSL: true, SSLCertFile: file("cert.pem"), SSLPrivateKeyFile: file("key.pem") });

test("the HTTPS port accepts only HTTPS", async () => {
  const stage = await Stage.open({ configuration: own() });
  const ca = await readFile(file("cert.pem"));
  const { port } = new URL(stage.address);
  const { status, body } = await ask(https, { host: "127.0.0.1", port, path: "/api/lb-check", ca });
  assert.equal(status, 200);
  assert.equal(body, '"OK"');
  await assert.rejects(ask(http, { host: "127.0.0.1", port, path: "/api/lb-check" }));
  await assert.rejects(ask(https, { host: "127.0.0.1", port, path: "/api/lb-check", ca, maxVersion: "TLSv1.1" }));
  await stage.close();
});

test("TLS allows only suites with forward secrecy and authenticated encryption, and sends HSTS", async () => {
  const stage = await Stage.open({ configuration: own() });
  const ca = await readFile(file("cert.pem"));
  const { port } = new URL(stage.address);
  // The lowest security level of OpenSSL, so that the server refuses, not the client.
  const with12 = (ciphers) =>
    ask(https, { host: "127.0.0.1", port, path: "/api/lb-check", ca, maxVersion: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0`, agent: false });
  for (const suite of ["AES128-GCM-SHA256", "AES256-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256"]) {
    await assert.rejects(with12(suite), /handshake|ECONNRESET/, suite);
  }
  for (const suite of ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"]) {
    assert.equal((await with12(suite)).status, 200, suite);
  }
  const { headers } = await ask(https, { host: "127.0.0.1", port, path: "/", ca });
  assert.match(headers["strict-transport-security"], /^max-age=\d{8}$/);
  await stage.close();
  const plain = await Stage.open({});
  assert.equal((await fetch(plain.address)).headers.get("strict-transport-security"), null);
  assert.equal((await fetch(`${plain.address}/api/clusters`)).headers.get("cache-control"), "no-store");
  await plain.close();
});

test("with UseMutualTLS, only clients with a certificate signed by a CA of SSLCAFile are accepted", async () => {
  const stage = await Stage.open({ configuration: { ...own(), UseMutualTLS: true, SSLCAFile: file("cert.pem") } });
  const { port } = new URL(stage.address);
  const options = { host: "127.0.0.1", port, path: "/api/lb-check", ca: await readFile(file("cert.pem")) };
  const cert = async (name) => ({ cert: await readFile(file(`${name}cert.pem`)), key: await readFile(file(`${name}key.pem`)) });
  assert.equal((await ask(https, { ...options, ...(await cert("")) })).status, 200);
  await assert.rejects(ask(https, options));
  await assert.rejects(ask(https, { ...options, ...(await cert("other-")) }));
  await stage.close();
});

test("the server listens on a Unix socket", async () => {
  const socketPath = file("orchestrator.sock");
  const stage = await Stage.open({ configuration: { ListenAddress: `unix:${socketPath}` } });
  assert.equal((await ask(http, { socketPath, path: "/api/lb-check" })).body, '"OK"');
  await stage.close();
  await assert.rejects(ask(http, { socketPath, path: "/api/lb-check" }));
});

test("with URLPrefix, pages and all their requests are below that path", async () => {
  const stage = await Stage.open({ configuration: { URLPrefix: "/dba/orc" } });
  const { page, close } = await openPage(stage, { path: "web/status" });
  await page.getByRole("heading", { name: "Status" }).waitFor();
  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByRole("heading", { name: "Audit" }).waitFor();
  assert.equal(page.url(), `${stage.address}/web/audit`);
  await page.reload();
  await page.getByRole("heading", { name: "Audit" }).waitFor();
  assert.equal((await fetch(`${new URL(stage.address).origin}/api/clusters`)).status, 404);
  await close();
  await stage.close();
});

test("responses are compressed for clients that accept it, and unchanged files are not sent again", async () => {
  const stage = await Stage.open({});
  const { port } = new URL(stage.address);
  const page = await ask(http, { host: "127.0.0.1", port, path: "/", headers: { "Accept-Encoding": "gzip" } });
  assert.equal(page.headers["cache-control"], "no-cache");
  const script = /src="\.\/([^"]+)"/.exec((await ask(http, { host: "127.0.0.1", port, path: "/" })).body)[1];
  const full = await ask(http, { host: "127.0.0.1", port, path: `/${script}`, headers: { "Accept-Encoding": "gzip" } });
  assert.equal(full.headers["content-encoding"], "gzip");
  assert.match(full.headers["cache-control"], /immutable/);
  assert.ok(Number(full.headers["content-length"]) < 250_000, "the script is small enough");
  const again = await ask(http, { host: "127.0.0.1", port, path: `/${script}`, headers: { "If-None-Match": full.headers.etag } });
  assert.equal(again.status, 304);
  assert.equal(again.body, "");
  await stage.close();
});
