// The address bar: reads it, and navigates without loading a new page.

import { routeOf, type Route } from "./navigation";
import { Observable } from "./observable";

function currentRoute(): Route {
  const base = new URL(".", document.baseURI).pathname;
  const path = location.pathname;
  return routeOf(path.startsWith(base) ? path.slice(base.length) : path.slice(1), location.search);
}

export const route = new Observable<Route>(currentRoute());

// Callbacks that run before another page is shown.
const leaving = new Set<() => void>();
export function onLeaving(act: () => void): () => void {
  leaving.add(act);
  return () => leaving.delete(act);
}

// Absolute, so that a copied link works without <base>.
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
  // Focus the heading, so that screen readers announce the page; the heading exists after the next drawing.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
}

// Handles a plain click on a link within the pages; clicks with a key held or another button are left to the browser.
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
