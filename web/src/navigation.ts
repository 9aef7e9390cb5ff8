// Maps addresses to pages and pages to addresses. Pure functions; `location.ts` uses the browser.

import type { InstanceKey } from "./requests";

export type Route =
  | { page: "clusters" }
  | { page: "home" | "faq" | "keep-calm" | "discover" | "maintenance" | "status" }
  | { page: "cluster"; name: string; compact: boolean | undefined; view: ClusterView | undefined }
  | { page: "cluster-alias"; alias: string; compact: boolean | undefined; view: ClusterView | undefined }
  | { page: "search"; text: string }
  | { page: "long-queries"; filter: string }
  | { page: "audit"; number: number; filter: string }
  | { page: "unknown"; path: string }
  // An address with an anonymous name that this browser did not make.
  | { page: "unknown-name" };

export type ClusterView = "tree" | "list";

// What an address shows: a page, and the dialog of an instance above it.
export interface Place {
  route: Route;
  // "HOST:PORT", as it is in the address; "": no dialog.
  instance: string;
  // The names in the address are pseudonyms.
  isAnonymous: boolean;
}

const plainPages = ["home", "faq", "keep-calm", "discover", "maintenance", "status"] as const;

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;  // a stray "%", typed by hand
  }
}

// `path` is relative to the base address of the pages, such as "web/cluster/db1%3A3306".
export function routeOf(path: string, search: string): Route {
  const segments = path.split("/").filter((segment) => segment !== "").map(decoded);
  const query = new URLSearchParams(search);
  const unknown: Route = { page: "unknown", path: `/${path}` };
  if (segments.length === 0 || (segments.length === 1 && segments[0] === "web")) return { page: "clusters" };
  if (segments[0] !== "web") return unknown;
  const [, page, ...rest] = segments;
  const plain = plainPages.find((one) => one === page);
  if (plain && rest.length === 0) return { page: plain };
  switch (page) {
    case "clusters": return rest.length === 0 ? { page: "clusters" } : unknown;
    case "about": return rest.length === 0 ? { page: "home" } : unknown;
    case "cluster": return clusterRoute(rest, query) ?? unknown;
    case "search":
      return rest.length > 1 ? unknown : { page: "search", text: rest[0] ?? query.get("s") ?? "" };
    case "long-queries":
      return rest.length > 0 ? unknown : { page: "long-queries", filter: query.get("filter") ?? "" };
    case "audit": {
      const number = rest[0] ?? "0";
      if (rest.length > 1 || !/^\d{1,9}$/.test(number)) return unknown;
      return { page: "audit", number: Number(number), filter: query.get("filter") ?? "" };
    }
    default: return unknown;
  }
}

function clusterRoute(rest: string[], query: URLSearchParams): Route | undefined {
  const compact = query.has("compact") ? query.get("compact") === "true" : undefined;
  const wanted = query.get("view");
  const view = wanted === "list" || wanted === "tree" ? wanted : undefined;
  const [first, second] = rest;
  if (rest.length === 1 && first) return { page: "cluster", name: first, compact, view };
  if (rest.length === 2 && first === "alias" && second) return { page: "cluster-alias", alias: second, compact, view };
  return undefined;
}

export function placeOf(path: string, search: string): Place {
  const query = new URLSearchParams(search);
  return { route: routeOf(path, search), instance: query.get("instance") ?? "", isAnonymous: query.get("anonymous") === "true" };
}

// undefined: the text is not "HOST:PORT".
export function keyOf(text: string): InstanceKey | undefined {
  const [, host, digits] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65535 ? { Hostname: host, Port: port } : undefined;
}

export interface ClusterChoice {
  compact?: boolean | undefined;
  view?: ClusterView | undefined;
}

// Addresses, relative to the base address of the pages.
export const clusterAddress = (name: string, { compact, view }: ClusterChoice = {}): string =>
  addressOf({ page: "cluster", name, compact, view });

export const aliasAddress = (alias: string, { compact, view }: ClusterChoice = {}): string =>
  addressOf({ page: "cluster-alias", alias, compact, view });

export const searchAddress = (text: string): string => addressOf({ page: "search", text });

export const longQueriesAddress = (filter = ""): string => addressOf({ page: "long-queries", filter });

export const auditAddress = (number: number, filter = ""): string => addressOf({ page: "audit", number, filter });

// The path of a page, and the parameters that belong to it; undefined: none.
function partsOf(route: Route): [path: string, parameters?: Record<string, string | undefined>] {
  switch (route.page) {
    case "cluster": return [`web/cluster/${encodeURIComponent(route.name)}`, displayParameters(route)];
    case "cluster-alias": return [`web/cluster/alias/${encodeURIComponent(route.alias)}`, displayParameters(route)];
    // The text is in the query, which may contain anything: the browser would shorten a path that contains "..".
    case "search": return ["web/search", { s: route.text }];
    case "long-queries": return ["web/long-queries", { filter: route.filter || undefined }];
    case "audit": return [route.number === 0 ? "web/audit" : `web/audit/${route.number}`, { filter: route.filter || undefined }];
    case "home": return ["web/about"];
    case "unknown": return [route.path.slice(1)];
    default: return [`web/${route.page}`];
  }
}

const displayParameters = ({ compact, view }: ClusterChoice): Record<string, string | undefined> => ({
  compact: compact === undefined ? undefined : String(compact), view,
});

export function addressOf(route: Route, instance = "", isAnonymous = false): string {
  const [path, own = {}] = partsOf(route);
  const all = { ...own, instance: instance || undefined, anonymous: isAnonymous ? "true" : undefined };
  const query = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return query.length === 0 ? path : `${path}?${query.join("&")}`;
}

export type MenuName = "home" | "clusters" | "queries" | "discover" | "audit" | "search" | "maintenance" | "status";

// The entry of the navigation bar that a page belongs to.
export function menuOf(route: Route): MenuName | undefined {
  switch (route.page) {
    case "home": case "faq": case "keep-calm": return "home";
    case "clusters": case "cluster": case "cluster-alias": return "clusters";
    case "long-queries": return "queries";
    case "unknown": case "unknown-name": return undefined;
    default: return route.page;
  }
}
