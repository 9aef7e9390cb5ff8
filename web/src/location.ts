// The address bar: what it says, and going elsewhere without loading a new page.

import { routeOf, type Route } from "./navigation";
import { Observable } from "./observable";

function currentRoute(): Route {
  const base = new URL(".", document.baseURI).pathname;
  const path = location.pathname;
  return routeOf(path.startsWith(base) ? path.slice(base.length) : path.slice(1), location.search);
}

export const route = new Observable<Route>(currentRoute());

// Whatever has to end before another page is shown.
const leaving = new Set<() => void>();
export function onLeaving(act: () => void): () => void {
  leaving.add(act);
  return () => leaving.delete(act);
}

// Absolute, for links: they are not resolved against <base> by people who copy them.
export const pageAddress = (address: string): string => new URL(address, document.baseURI).href;

export function go(address: string, how: "push" | "replace" = "push"): void {
  const url = pageAddress(address);
  if (how === "replace" || url === location.href) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  arrive(how === "push");
}

function arrive(isNewPage: boolean): void {
  for (const act of [...leaving]) act();
  route.set(currentRoute());
  if (!isNewPage) return;
  window.scrollTo(0, 0);
  // Readers of screens are told where they are; the page's heading is there once it has been drawn.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
}

// A plain click on a link within the pages; with a key held, or another button, the browser does as always.
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.target !== "" || link.hasAttribute("download")) return;
  const base = new URL(".", document.baseURI);
  if (link.origin !== base.origin || !link.pathname.startsWith(base.pathname)) return;
  const hash = link.hash !== "" && link.pathname === location.pathname;
  if (hash) return;
  event.preventDefault();
  go(link.href);
}

export function startNavigation(): void {
  addEventListener("popstate", () => arrive(false));
  document.addEventListener("click", followLink);
}
