// The address bar: reads it, and navigates without loading a new page.

import { disguised, revealed } from "./anonymous-addresses";
import { type InstanceKey, keyText } from "./requests";
import { addressOf, type Place, placeOf, type Route } from "./navigation";
import { Observable } from "./observable";
import { anonymized } from "./preferences";
import { pseudonyms } from "./pseudonym-store";

function placeAt(url: URL): Place {
  const base = new URL(".", document.baseURI).pathname;
  const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : url.pathname.slice(1);
  return placeOf(path, url.search);
}

const currentPlace = (): Place => revealed(placeAt(new URL(location.href)), pseudonyms);

export const route = new Observable<Route>(currentPlace().route);
// The instance whose dialog the address opens; "": none.
export const openInstanceName = new Observable(currentPlace().instance);

// Callbacks that run before another page, or another dialog of an instance, is shown.
const leaving = new Set<() => void>();
export function onLeaving(act: () => void): () => void {
  leaving.add(act);
  return () => leaving.delete(act);
}

// Absolute, so that a copied link works without <base>.
export const pageAddress = (address: string): string => new URL(address, document.baseURI).href;

// The address as it may be shown: without names while they are anonymous.
function shownUrl(url: URL): string {
  const place = placeAt(url);
  if (anonymized.value === place.isAnonymous) return url.href;
  const { route, instance, isAnonymous } = anonymized.value ? disguised(place, pseudonyms) : revealed(place, pseudonyms);
  return route.page === "unknown-name" ? url.href : pageAddress(addressOf(route, instance, isAnonymous));
}

// The same for a link.
export function shownAddress(address: string): string {
  if (!anonymized.value) return address;
  const { route, instance, isAnonymous } = disguised(placeAt(new URL(address, document.baseURI)), pseudonyms);
  return addressOf(route, instance, isAnonymous);
}

export function go(address: string, how: "push" | "replace" = "push"): void {
  const url = shownUrl(new URL(address, document.baseURI));
  if (how === "replace" || url === location.href) history.replaceState(history.state, "", url);
  else history.pushState(null, "", url);
  arrive(how === "push");
}

function arrive(isNew: boolean): void {
  showAddress();
  const place = currentPlace();
  const isOtherPage = addressOf(place.route) !== addressOf(route.value);
  if (isOtherPage || place.instance !== openInstanceName.value) for (const act of [...leaving]) act();
  openInstanceName.set(place.instance);
  if (isOtherPage) route.set(place.route);
  if (!isNew || !isOtherPage) return;
  window.scrollTo(0, 0);
  // Focus the heading, so that screen readers announce the page; the heading exists after the next drawing.
  requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
}

const showAddress = (): void => {
  const shown = shownUrl(new URL(location.href));
  if (shown !== location.href) history.replaceState(history.state, "", shown);
};

// Shows the dialog of an instance. It has an address of its own: Back closes it, Forward opens it again.
export function goToInstance(key: InstanceKey): void {
  const isOpen = openInstanceName.value !== "";
  const url = shownUrl(new URL(addressOf(route.value, keyText(key)), document.baseURI));
  if (isOpen) history.replaceState(history.state, "", url);
  else history.pushState({ isDialog: true }, "", url);
  arrive(false);
}

export function leaveInstance(): void {
  const state: unknown = history.state;
  if (typeof state === "object" && state !== null && "isDialog" in state) history.back();
  else go(addressOf(route.value), "replace");
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
  showAddress();
  addEventListener("popstate", () => arrive(false));
  anonymized.watch(showAddress);
  document.addEventListener("click", followLink);
}
