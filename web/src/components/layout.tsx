// The frame of all pages: the navigation bar, messages, and the page content.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { onRequests } from "../api";
import { connection } from "../events";
import { go, route } from "../location";
import { clusterAddress, menuOf, searchAddress } from "../navigation";
import { useValue } from "../observable";
import { anonymized, type Theme, theme } from "../preferences";
import { clusters, settings } from "../shared";
import { Alerts, ConnectionBanner } from "./alerts";
import { Icon } from "./icon";
import { Menu } from "./menu";
import { ProblemsMenu } from "./problems";

const mostClusters = 30;

function ClusterLinks(): JSX.Element {
  const known = useValue(clusters) ?? [];
  const anonymous = useValue(anonymized);
  return (
    <>
      <a href="web/clusters">Dashboard</a>
      {known.length > 0 && <hr />}
      {known.slice(0, mostClusters).map(({ ClusterName, ClusterAlias }, index) => (
        <a key={ClusterName} href={clusterAddress(ClusterName)}>
          {anonymous ? `cluster-${index + 1}` : ClusterAlias !== "" && ClusterAlias !== ClusterName
            ? <><b>{ClusterAlias}</b> {ClusterName}</>
            : ClusterName}
        </a>
      ))}
      {known.length > mostClusters && <a href="web/clusters">All {known.length} clusters</a>}
    </>
  );
}

function SearchBox(): JSX.Element {
  return (
    <form
      class="search-box"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = new FormData(event.currentTarget).get("s");
        if (typeof text === "string" && text.trim() !== "") go(searchAddress(text.trim()));
      }}
    >
      <input type="search" name="s" placeholder="Search" aria-label="Search instances" />
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

function Bar(): JSX.Element {
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

export function Layout({ children }: { children: ComponentChildren }): JSX.Element {
  const shown = useValue(route);
  const { User, ReadOnly } = useValue(settings);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>("main h1")?.focus();
      }}>Skip to the content</a>
      <Bar />
      <ConnectionBanner />
      <Alerts />
      <main id="main" data-page={shown.page === "cluster-alias" ? "cluster" : shown.page}>{children}</main>
      {(User !== "" || ReadOnly) && (
        <footer class="foot">{User !== "" && <>User {User}. </>}{ReadOnly && <>This server is read-only.</>}</footer>
      )}
    </>
  );
}

// The heading of a page; also sets the window title. The heading gets the focus when the page is shown.
export function Heading({ text, title = text, children }: { text: string; title?: string; children?: ComponentChildren }): JSX.Element {
  useEffect(() => {
    document.title = title === "" ? "orchestrator" : `orchestrator - ${title}`;
  }, [title]);
  return <h1 tabIndex={-1}>{text}{children}</h1>;
}
