// Entry point: shows the page of the current address and starts the background work.

import { Component, type ComponentChildren, type JSX, render } from "preact";
import { messageOf } from "./requests";
import { pageTopic, settle, tellError, tellInfo } from "./alerts";
import { Dialogs } from "./components/dialogs";
import { Layout } from "./components/layout";
import { followCluster, startNews } from "./events";
import { route, startNavigation } from "./location";
import { readEarly } from "./loading";
import type { Route } from "./navigation";
import { useValue } from "./observable";
import { AuditPage } from "./pages/audit";
import { ClusterPage, clusterPath } from "./pages/cluster";
import { ClustersPage } from "./pages/clusters";
import { DiscoverPage } from "./pages/discover";
import { LongQueriesPage } from "./pages/long-queries";
import { MaintenancePage } from "./pages/maintenance";
import { SearchPage } from "./pages/search";
import { StatusPage } from "./pages/status";
import { AboutPage, FaqPage, KeepCalmPage, UnknownNamePage, UnknownPage } from "./pages/texts";
import { keepPreferences } from "./preferences";
import { startSharing } from "./shared";

function Page(): JSX.Element {
  const shown = useValue(route);
  switch (shown.page) {
    case "clusters": return <ClustersPage />;
    case "home": return <AboutPage />;
    case "faq": return <FaqPage />;
    case "keep-calm": return <KeepCalmPage />;
    case "cluster": return <ClusterPage key={`name ${shown.name}`} name={shown.name} compact={shown.compact} view={shown.view} />;
    case "cluster-alias": return <ClusterPage key={`alias ${shown.alias}`} alias={shown.alias} compact={shown.compact} view={shown.view} />;
    case "search": return <SearchPage text={shown.text} />;
    case "discover": return <DiscoverPage />;
    case "long-queries": return <LongQueriesPage filter={shown.filter} />;
    case "audit": return <AuditPage number={shown.number} filter={shown.filter} />;
    case "maintenance": return <MaintenancePage />;
    case "status": return <StatusPage />;
    case "unknown": return <UnknownPage path={shown.path} />;
    case "unknown-name": return <UnknownNamePage />;
  }
}

// Shows an error of the page itself instead of a blank page.
class Guard extends Component<{ children: ComponentChildren }, { error: string }> {
  override state = { error: "" };

  override componentDidCatch(error: unknown): void {
    this.setState({ error: messageOf(error) });
  }

  render(): ComponentChildren {
    if (this.state.error === "") return this.props.children;
    return (
      <div class="alert alert-error" role="alert">
        <span class="alert-text"><b>The page has failed:</b> {this.state.error}</span>
        <button type="button" onClick={() => location.reload()}>Reload</button>
      </div>
    );
  }
}

// Shows a message that another page left in the address, once.
function takeMessage(): void {
  const url = new URL(location.href);
  const message = url.searchParams.get("orchestrator-msg");
  if (message === null) return;
  url.searchParams.delete("orchestrator-msg");
  history.replaceState(null, "", url);
  if (message !== "") tellInfo(message);
}

// The topology is the main content: it is requested first, and the page waits a moment for it.
async function readCluster(shown: Route): Promise<void> {
  const longestWait = 150;
  if (shown.page === "cluster") await readEarly(clusterPath(shown.name, undefined), longestWait);
  if (shown.page === "cluster-alias") await readEarly(clusterPath(undefined, shown.alias), longestWait);
}

addEventListener("unhandledrejection", (event) => tellError(event.reason));
keepPreferences();
takeMessage();
startNavigation();
route.watch(() => settle(pageTopic));
if (route.value.page === "cluster") followCluster(route.value.name);
const clusterRead = readCluster(route.value);
startSharing();
startNews();
await clusterRead;

const place = document.getElementById("page");
if (place) {
  place.replaceChildren();
  render(
    <Guard>
      <Layout><Page /></Layout>
      <Dialogs />
    </Guard>,
    place,
  );
}
