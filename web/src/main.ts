import { type ClusterInfo, type Instance, readCluster, readClusters } from "./api";
import { keyText, type Node, trees } from "./tree";

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  className = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
}

// The worst first: what cannot be reached has nothing else to say that is still true.
function problemOf(instance: Instance): string {
  if (!instance.IsLastCheckValid) return "not reachable";
  if (instance.MasterKey.Hostname === "") return "";
  if (!instance.Slave_IO_Running || !instance.Slave_SQL_Running) return "not replicating";
  return "";
}

function factsOf(instance: Instance): string {
  const facts = [instance.Version, instance.ReadOnly ? "read only" : "writable"];
  if (instance.LogBinEnabled) facts.push(instance.Binlog_format);
  if (instance.SecondsBehindMaster.Valid) facts.push(`${instance.SecondsBehindMaster.Int64} s behind`);
  return facts.join(", ");
}

function list(nodes: Node[]): HTMLUListElement {
  const made = element("ul");
  for (const { instance, replicas } of nodes) {
    const item = element("li", keyText(instance.Key));
    const problem = problemOf(instance);
    item.append(element("span", factsOf(instance), "facts"));
    if (problem !== "") item.append(" ", element("span", problem, "problem"));
    if (replicas.length > 0) item.append(list(replicas));
    made.append(item);
  }
  return made;
}

async function section(cluster: ClusterInfo): Promise<HTMLElement> {
  const made = element("section");
  const named = cluster.ClusterAlias !== "" && cluster.ClusterAlias !== cluster.ClusterName;
  const heading = element("h2", named ? `${cluster.ClusterAlias} (${cluster.ClusterName})` : cluster.ClusterName);
  heading.id = `cluster-${cluster.ClusterName}`;
  made.setAttribute("aria-labelledby", heading.id);
  made.append(heading, list(trees(await readCluster(cluster.ClusterName))));
  return made;
}

async function show(): Promise<void> {
  const message = document.getElementById("message");
  const place = document.getElementById("clusters");
  if (message === null || place === null) return;
  try {
    const clusters = await readClusters();
    place.replaceChildren(...(await Promise.all(clusters.map(section))));
    message.textContent = clusters.length === 0 ? "No topology is known yet: discover one of its servers." : "";
  } catch (error) {
    message.textContent = `Cannot show the topologies: ${error instanceof Error ? error.message : String(error)}`;
  }
}

void show();
