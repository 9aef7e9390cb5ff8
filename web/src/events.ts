// News from the server over one connection, and polling while the connection is lost.

import type { OperationProgress } from "./api";
import { apiAddress, type InstanceKey, withQuery } from "./requests";
import { Observable } from "./observable";

export type News =
  | { kind: "instances"; ClusterName: string; Keys: InstanceKey[] }
  | { kind: "clusters" }
  | { kind: "maintenance" }
  | ({ kind: "operation" } & OperationProgress)
  // News may have been missed: read everything on show again.
  | { kind: "everything" };

export type Connection = "connecting" | "live" | "lost";

export const connection = new Observable<Connection>("connecting");
// The version of the server that answers now. If it differs from the initial version, these pages are outdated.
export const serverVersion = new Observable("");

export const pollSeconds = 10;
const hiddenSeconds = 60;

const listeners = new Set<(news: News) => void>();

export function onNews(listener: (news: News) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const publish = (news: News): void => {
  for (const listener of [...listeners]) listener(news);
};

// After an operation: read its results without waiting for news from the server.
export const askForEverything = (): void => publish({ kind: "everything" });

function parsed(event: Event): Record<string, unknown> | undefined {
  try {
    const data: unknown = JSON.parse((event as MessageEvent<string>).data);
    return typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
  } catch {
    return undefined;
  }
}

let source: EventSource | undefined;
let cluster = "";
let timer: ReturnType<typeof setTimeout> | undefined;
let wasConnected = false;

function close(): void {
  source?.close();
  source = undefined;
  clearTimeout(timer);
  timer = undefined;
}

function greet(version: unknown): void {
  if (typeof version === "string") serverVersion.set(version);
  const missedSomething = wasConnected || connection.value === "lost";
  wasConnected = true;
  clearTimeout(timer);
  timer = undefined;
  connection.set("live");
  if (missedSomething) publish({ kind: "everything" });
}

// The browser reconnects where it can; if it has given up, reconnect here every `pollSeconds`.
function lose(): void {
  connection.set("lost");
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    publish({ kind: "everything" });
    if (!source || source.readyState === EventSource.CLOSED) open();
    else lose();
  }, pollSeconds * 1000);
}

function open(): void {
  source?.close();
  const opened = new EventSource(apiAddress(cluster === "" ? "events" : withQuery("events", { cluster })));
  source = opened;
  const take = (name: string, read: (data: Record<string, unknown>) => void): void => {
    opened.addEventListener(name, (event) => {
      const data = parsed(event);
      if (source === opened && data) read(data);
    });
  };
  take("hello", (data) => greet(data.Version));
  take("instances", (data) => publish({ kind: "instances", ...data } as News));
  take("clusters", () => publish({ kind: "clusters" }));
  take("maintenance", () => publish({ kind: "maintenance" }));
  take("operation", (data) => publish({ kind: "operation", ...data } as News));
  opened.onerror = () => {
    if (source === opened) lose();
  };
}

// Selects the cluster whose instances are reported; "" for all clusters.
export function followCluster(name: string): void {
  if (name === cluster) return;
  cluster = name;
  if (!source) return;
  // The page that is about to be shown reads the changes in between.
  wasConnected = false;
  close();
  open();
}

// Closes the connection of a page that is hidden for long, until the page is shown again.
export function startNews(): void {
  open();
  let hidden: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (document.hidden) {
      hidden = setTimeout(close, hiddenSeconds * 1000);
    } else if (!source) {
      open();
      publish({ kind: "everything" });
    }
  });
}
