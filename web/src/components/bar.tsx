// The navigation bar of all pages.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { onRequests } from "../requests";
import { connection } from "../events";
import { go, route } from "../location";
import { clusterAddress, menuOf, searchAddress } from "../navigation";
import { useValue } from "../observable";
import { type Theme, theme } from "../preferences";
import { clusters } from "../shared";
import { useShown } from "../shown";
import { Icon } from "./icon";
import { Menu } from "./menu";
import { ProblemsMenu } from "./problems";
import { Named } from "./said";

const mostClusters = 30;

function ClusterLinks(): JSX.Element {
  const known = useValue(clusters) ?? [];
  const shown = useShown();
  return (
    <>
      <a href="web/clusters">Dashboard</a>
      {known.length > 0 && <hr />}
      {known.slice(0, mostClusters).map(({ ClusterName, ClusterAlias }) => (
        <a key={ClusterName} href={shown.address(clusterAddress(ClusterName))}>
          {!shown.isAnonymous && ClusterAlias !== "" && ClusterAlias !== ClusterName && <><b><bdi>{ClusterAlias}</bdi></b>{" "}</>}
          <Named kind="cluster" name={ClusterName} />
        </a>
      ))}
      {known.length > mostClusters && <a href="web/clusters">All {known.length} clusters</a>}
    </>
  );
}

function SearchBox(): JSX.Element {
  const { isAnonymous } = useShown();
  return (
    <form
      class="search-box"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = new FormData(event.currentTarget).get("s");
        if (typeof text === "string" && text.trim() !== "") go(searchAddress(text.trim()));
        // What was typed is a name.
        if (isAnonymous) event.currentTarget.reset();
      }}
    >
      <input type="search" name="s" dir="auto" placeholder="Name or alias" aria-label="Search instances, clusters and aliases" title="A part of the name, cluster, alias or version" />
      <button type="submit" class="plain" aria-label="Search"><Icon name="search" /></button>
    </form>
  );
}

const themeText: Record<Theme, string> = { system: "as the system", light: "light", dark: "dark" };
const nextTheme: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

function ThemeButton(): JSX.Element {
  const chosen = useValue(theme);
  return (
    <button type="button" class="menu-button" data-theme-button onClick={() => theme.set(nextTheme[chosen])}
      aria-label={`Colours: ${themeText[chosen]}`} title={`Colours: ${themeText[chosen]}`}>
      <span aria-hidden="true">{chosen === "dark" ? "☾" : chosen === "light" ? "☀" : "◐"}</span>
    </button>
  );
}

const connectionText = { connecting: "connecting", live: "live", lost: "connection lost" };

function Activity(): JSX.Element {
  const [requests, setRequests] = useState(0);
  useEffect(() => {
    onRequests(setRequests);
    return () => onRequests(() => {});
  }, []);
  const state = useValue(connection);
  return (
    <span class={`activity activity-${state}`} data-connection={state} title={`News from the server: ${connectionText[state]}`}>
      <span class={requests > 0 ? "spinner running" : "spinner"} aria-hidden="true" />
      <span class="activity-text">{connectionText[state]}</span>
    </span>
  );
}

export function Bar(): JSX.Element {
  const shown = useValue(route);
  const [isOpen, setOpen] = useState(false);
  const current = menuOf(shown);
  useEffect(() => setOpen(false), [shown]);
  const link = (name: string, address: string, text: string): JSX.Element => (
    <a class={current === name ? "bar-link current" : "bar-link"} href={address} aria-current={current === name ? "page" : undefined}>
      {text}
    </a>
  );
  return (
    <header class="bar">
      <a class="brand" href="web/clusters">orchestrator</a>
      <button type="button" class="menu-button bar-toggle" aria-expanded={isOpen} aria-controls="bar-menus" aria-label="Menu"
        onClick={() => setOpen(!isOpen)}>
        <Icon name="menu" />
      </button>
      <nav id="bar-menus" class={isOpen ? "bar-menus open" : "bar-menus"} aria-label="Pages">
        <Menu label="Home" isCurrent={current === "home"} hook="home">
          <a href="web/about">About</a>
          <a href="web/faq">FAQ</a>
          <a href="web/keep-calm">Keep calm</a>
        </Menu>
        <Menu label="Clusters" isCurrent={current === "clusters"} hook="clusters"><ClusterLinks /></Menu>
        <Menu label="Queries" isCurrent={current === "queries"} hook="queries">
          <a href="web/long-queries">Long queries</a>
        </Menu>
        {link("discover", "web/discover", "Discover")}
        {link("audit", "web/audit", "Audit")}
        {link("maintenance", "web/maintenance", "Maintenance")}
        {link("status", "web/status", "Status")}
        <SearchBox />
        <Activity />
        <ThemeButton />
      </nav>
      <ProblemsMenu />
    </header>
  );
}
