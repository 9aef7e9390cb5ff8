import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { aliasAddress, auditAddress, clusterAddress, longQueriesAddress, menuOf, routeOf, searchAddress } = await load("navigation");

const hostile = "a/b?c=d&e#f%g:3306 ü..";
const routeTo = (address) => {
  const url = new URL(address, "http://x/");
  return routeOf(url.pathname.slice(1), url.search);
};

test("the beginning is the clusters, whatever it is called", () => {
  for (const path of ["", "web", "web/", "web/clusters"]) assert.deepEqual(routeOf(path, ""), { page: "clusters" });
});

test("every address leads to the page that it was made for, whatever is in it", () => {
  assert.equal(routeTo(clusterAddress(hostile)).name, hostile);
  assert.equal(routeTo(aliasAddress(hostile)).alias, hostile);
  assert.equal(routeTo(searchAddress(hostile)).text, hostile);
  assert.equal(routeTo(longQueriesAddress(hostile)).filter, hostile);
  assert.deepEqual(routeTo(auditAddress(3, hostile)), { page: "audit", number: 3, filter: hostile });
  assert.deepEqual(routeTo(clusterAddress("c", { compact: true, view: "list" })), { page: "cluster", name: "c", compact: true, view: "list" });
});

test("addresses as orchestrator's users have them in their bookmarks work", () => {
  assert.equal(routeOf("web/cluster/db1:3306", "?compact=true").compact, true);
  assert.equal(routeOf("web/search/db1", "").text, "db1");
  assert.equal(routeOf("web/search", "?s=db1").text, "db1");
  assert.equal(routeOf("web/audit/2", "").number, 2);
  assert.equal(routeOf("web/about", "").page, "home");
});

test("what there is not is said not to be there", () => {
  for (const path of ["nothing", "web/nothing", "web/cluster", "web/cluster/a/b/c", "web/audit/x", "web/audit/-1", "web/status/x"]) {
    assert.equal(routeOf(path, "").page, "unknown", path);
  }
  assert.equal(routeOf("web/cluster/100%", "").name, "100%");
});

test("each page lights up its entry in the bar", () => {
  assert.equal(menuOf(routeOf("web/cluster/x", "")), "clusters");
  assert.equal(menuOf(routeOf("web/faq", "")), "home");
  assert.equal(menuOf(routeOf("web/nothing", "")), undefined);
});
