// Addresses with pseudonyms instead of names. Only the browser that made the pseudonyms can read such an address.

import type { Place, Route } from "./navigation";
import type { Kind, Pseudonyms } from "./pseudonyms";

type Convert = (kind: Kind, name: string) => string;

function converted(route: Route, convert: Convert): Route {
  switch (route.page) {
    case "cluster": return { ...route, name: convert("cluster", route.name) };
    case "cluster-alias": return { ...route, alias: convert("alias", route.alias) };
    case "search": return { ...route, text: convert("text", route.text) };
    case "long-queries": case "audit": return { ...route, filter: convert("text", route.filter) };
    default: return route;
  }
}

export function disguised({ route, instance, isAnonymous }: Place, pseudonyms: Pseudonyms): Place {
  if (isAnonymous) return { route, instance, isAnonymous };
  const convert: Convert = (kind, name) => pseudonyms.of(kind, name);
  return { route: converted(route, convert), instance: convert("instance", instance), isAnonymous: true };
}

export function revealed({ route, instance, isAnonymous }: Place, pseudonyms: Pseudonyms): Place {
  if (!isAnonymous) return { route, instance, isAnonymous };
  let isKnown = true;
  const convert: Convert = (_, pseudonym) => {
    const real = pseudonym === "" ? "" : pseudonyms.realOf(pseudonym);
    isKnown &&= real !== undefined;
    return real ?? "";
  };
  const place = { route: converted(route, convert), instance: convert("instance", instance), isAnonymous: false };
  return isKnown ? place : { route: { page: "unknown-name" }, instance: "", isAnonymous: false };
}
