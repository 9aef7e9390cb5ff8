// Maps addresses to pages and pages to addresses. Pure functions; `location.ts` uses the browser.

export type Route =
  | { page: "clusters" }
  | { page: "home" | "faq" | "keep-calm" | "discover" | "maintenance" | "status" }
  | { page: "cluster"; name: string; compact: boolean | undefined; view: ClusterView | undefined }
  | { page: "cluster-alias"; alias: string; compact: boolean | undefined; view: ClusterView | undefined }
  | { page: "search"; text: string }
  | { page: "long-queries"; filter: string }
  | { page: "audit"; number: number; filter: string }
  | { page: "unknown"; path: string };

export type ClusterView = "tree" | "list";

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

export interface ClusterChoice {
  compact?: boolean | undefined;
  view?: ClusterView | undefined;
}

function clusterQuery({ compact, view }: ClusterChoice): string {
  const query = new URLSearchParams();
  if (compact !== undefined) query.set("compact", String(compact));
  if (view !== undefined) query.set("view", view);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

// Addresses, relative to the base address of the pages.
export const clusterAddress = (name: string, choice: ClusterChoice = {}): string =>
  `web/cluster/${encodeURIComponent(name)}${clusterQuery(choice)}`;

export const aliasAddress = (alias: string, choice: ClusterChoice = {}): string =>
  `web/cluster/alias/${encodeURIComponent(alias)}${clusterQuery(choice)}`;

// The text is in the query, which may contain anything: the browser would shorten a path that contains "..".
export const searchAddress = (text: string): string => `web/search?s=${encodeURIComponent(text)}`;

export const longQueriesAddress = (filter = ""): string =>
  filter === "" ? "web/long-queries" : `web/long-queries?filter=${encodeURIComponent(filter)}`;

export function auditAddress(number: number, filter = ""): string {
  const path = number === 0 ? "web/audit" : `web/audit/${number}`;
  return filter === "" ? path : `${path}?filter=${encodeURIComponent(filter)}`;
}

export type MenuName = "home" | "clusters" | "queries" | "discover" | "audit" | "search" | "maintenance" | "status";

// The entry of the navigation bar that a page belongs to.
export function menuOf(route: Route): MenuName | undefined {
  switch (route.page) {
    case "home": case "faq": case "keep-calm": return "home";
    case "clusters": case "cluster": case "cluster-alias": return "clusters";
    case "long-queries": return "queries";
    case "unknown": return undefined;
    default: return route.page;
  }
}
