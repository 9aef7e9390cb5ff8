// The addresses of pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { addressOf, aliasAddress, auditAddress, clusterAddress, keyOf, longQueriesAddress, menuOf, placeOf, routeOf, searchAddress } =
  await load("navigation");

// Parses an address as the browser and then the page do.
function arriveAt(address) {
  const url = new URL(address, "http://host.example/some/prefix/");
  return routeOf(url.pathname.slice("/some/prefix/".length), url.search);
}

const odd = ["db1:3306", "a/b", "a b+c", "50%", "%2F", "?x=1&y#z", "ünïcode", "\"<'>", "alias", "..x"];

test("a link to a cluster leads to that cluster, whatever its name", () => {
  for (const name of odd) {
    assert.deepEqual(arriveAt(clusterAddress(name)), { page: "cluster", name, compact: undefined, view: undefined });
  }
});

test("a link to an alias leads to that alias, whatever it is", () => {
  for (const alias of odd) {
    assert.deepEqual(arriveAt(aliasAddress(alias)), { page: "cluster-alias", alias, compact: undefined, view: undefined });
  }
});

test("a link to a search or filter keeps its text, whatever it is", () => {
  for (const text of [...odd, "..", "../x", ""]) {
    assert.deepEqual(arriveAt(searchAddress(text)), { page: "search", text });
    assert.deepEqual(arriveAt(longQueriesAddress(text)), { page: "long-queries", filter: text });
    assert.deepEqual(arriveAt(auditAddress(3, text)), { page: "audit", number: 3, filter: text });
  }
});

test("a link to a cluster keeps the display options", () => {
  for (const compact of [true, false, undefined]) {
    for (const view of ["tree", "list", undefined]) {
      assert.deepEqual(arriveAt(clusterAddress("a:1", { compact, view })), { page: "cluster", name: "a:1", compact, view });
      assert.deepEqual(arriveAt(aliasAddress("x", { compact, view })), { page: "cluster-alias", alias: "x", compact, view });
    }
  }
});

test("plain addresses are short", () => {
  assert.equal(clusterAddress("db1:3306"), "web/cluster/db1%3A3306");
  assert.equal(longQueriesAddress(), "web/long-queries");
  assert.equal(auditAddress(0), "web/audit");
  assert.equal(auditAddress(2), "web/audit/2");
});

test("an unknown view is ignored", () => {
  assert.equal(routeOf("web/cluster/a", "?view=cube").view, undefined);
});

test("the clusters are the start page, with or without a trailing slash", () => {
  for (const path of ["", "web", "web/", "web/clusters", "web/clusters/"]) {
    assert.deepEqual(routeOf(path, ""), { page: "clusters" }, path);
  }
});

test("all plain pages are found, and about is home", () => {
  for (const page of ["home", "faq", "keep-calm", "discover", "maintenance", "status"]) {
    assert.deepEqual(routeOf(`web/${page}`, ""), { page });
  }
  assert.deepEqual(routeOf("web/about", ""), { page: "home" });
});

test("old addresses of searches, with the text in the path, still work", () => {
  assert.deepEqual(routeOf("web/search/db%201", ""), { page: "search", text: "db 1" });
  assert.deepEqual(routeOf("web/search", "?s=a+b"), { page: "search", text: "a b" });
});

test("the audit starts at page 0", () => {
  assert.deepEqual(routeOf("web/audit", ""), { page: "audit", number: 0, filter: "" });
});

test("an unknown page is reported with its address", () => {
  const paths = [
    "x", "api/clusters", "web/nothing", "web/home/more", "web/clusters/a", "web/cluster", "web/cluster/a/b", "web/cluster/alias/a/b",
    "web/search/a/b", "web/long-queries/a", "web/audit/x", "web/audit/-1", "web/audit/1/2", "web/audit/12345678901",
  ];
  for (const path of paths) assert.deepEqual(routeOf(path, ""), { page: "unknown", path: `/${path}` });
});

test("an address with a stray percent sign is read as it was typed", () => {
  assert.equal(routeOf("web/cluster/50%", "").name, "50%");
});

test("the navigation bar marks the current page", () => {
  const menu = (path) => menuOf(routeOf(path, ""));
  assert.deepEqual(
    ["web/faq", "web/keep-calm", "web/home"].map(menu), ["home", "home", "home"]);
  assert.deepEqual(
    ["web", "web/cluster/a", "web/cluster/alias/a"].map(menu), ["clusters", "clusters", "clusters"]);
  assert.deepEqual(
    ["web/long-queries", "web/audit/2", "web/search", "web/discover", "web/maintenance", "web/status", "x"].map(menu),
    ["queries", "audit", "search", "discover", "maintenance", "status", undefined]);
});

test("the dialog of an instance is part of the address, on every page", () => {
  for (const path of ["web/clusters", "web/cluster/a%3A1?view=list", "web/search?s=x", "web/audit/2?filter=y", "web/about"]) {
    const [page, query = ""] = path.split("?");
    const { route } = placeOf(page, query);
    const address = addressOf(route, "db1:3306");
    const url = new URL(address, "http://host.example/");
    assert.deepEqual(placeOf(url.pathname.slice(1), url.search), { route, instance: "db1:3306", isAnonymous: false });
    assert.equal(addressOf(route), path);
  }
});

test("an instance in an address is HOST:PORT", () => {
  assert.deepEqual(keyOf("db1.example.com:3306"), { Hostname: "db1.example.com", Port: 3306 });
  assert.deepEqual(keyOf("fe80::1:3306"), { Hostname: "fe80::1", Port: 3306 });
  for (const text of ["", "db1", ":3306", "db1:", "db1:0", "db1:65536", "db1:x"]) assert.equal(keyOf(text), undefined, text);
});
