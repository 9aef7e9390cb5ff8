// Information about clusters: whole topologies. Nothing here contacts a monitored server.
#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>

#include "common/ascii_case.h"
#include "common/catalogue.h"
#include "common/locate.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/topology/topology.h"

namespace orchestrator {
namespace {

Reply clusters(Session& session, const Arguments&) {
  return Reply::bare(session.store().clusters().names());
}

Reply clusters_info(Session& session, const Arguments& arguments) {
  return Reply::bare(find_clusters(session, trimmed(arguments.text(Parameter::search))));
}

// Clients match on these words.
[[noreturn]] void no_such_cluster(std::string_view name) {
  throw topo::Error(topo::Code::not_found,
                    fmt::format("Unable to determine cluster name. clusterHint={}", name));
}

// Finds the cluster by its name, its alias, or one of its instances.
Reply cluster_info(Session& session, const Arguments& arguments) {
  const auto name = arguments.text(Parameter::cluster);
  auto clusters = find_clusters(session);
  const auto find_by = [&](std::string topo::ClusterInfo::*text, std::string_view wanted) {
    return std::ranges::find(clusters, wanted,
                             [&](const ClusterState& one) -> std::string_view { return one.info.*text; });
  };
  auto found = find_by(&topo::ClusterInfo::cluster_name, name);
  if (found == clusters.end() && !name.empty()) found = find_by(&topo::ClusterInfo::cluster_alias, name);
  if (found == clusters.end()) {
    if (const auto known = known_cluster(session, name))
      found = find_by(&topo::ClusterInfo::cluster_name, *known);
  }
  if (found == clusters.end()) no_such_cluster(name);
  return Reply::bare(std::move(*found));
}

Reply cluster(Session& session, const Arguments& arguments) {
  const auto name = arguments.text(Parameter::cluster);
  auto& store = session.store();
  auto instances = store.instances().read_cluster(name);
  if (instances.empty()) {
    if (const auto named = store.clusters().cluster_of_alias(name))
      instances = store.instances().read_cluster(*named);
  }
  if (instances.empty()) {
    if (const auto known = known_cluster(session, name)) instances = store.instances().read_cluster(*known);
  }
  if (instances.empty()) no_such_cluster(name);
  return Reply::bare(std::move(instances));
}

Reply cluster_by_alias(Session& session, const Arguments& arguments) {
  const auto name = find_cluster_by_alias(session, arguments.text(Parameter::alias));
  return Reply::bare(session.store().instances().read_cluster(name));
}

Reply topology(Session& session, const Arguments& arguments) {
  const auto name = find_cluster(session, arguments.text(Parameter::cluster));
  const topo::Topology tree(session.store().instances().read_cluster(name));
  return Reply::bare(Text{topo::ascii_tree(tree, session.limits())});
}

Reply which_cluster(Session& session, const Arguments& arguments) {
  return Reply::bare(Text{find_cluster(session, arguments.text(Parameter::cluster))});
}

Reply which_cluster_instances(Session& session, const Arguments& arguments) {
  const auto name = arguments.has(Parameter::alias)
                        ? find_cluster_by_alias(session, arguments.text(Parameter::alias))
                        : find_cluster(session, arguments.text(Parameter::cluster));
  KeyList keys;
  for (auto& known : session.store().instances().read_cluster(name))
    keys.push_back(std::move(known.instance.key));
  return Reply::bare(std::move(keys));
}

Reply set_cluster_alias(Session& session, const Arguments& arguments) {
  const auto name = find_cluster(session, arguments.text(Parameter::cluster));
  const auto alias = arguments.text(Parameter::alias);
  auto& clusters = session.store().clusters();
  const auto former = clusters.cluster_of_alias(alias);
  clusters.set_alias(name, alias);
  if (alias.empty()) return Reply::with_message(fmt::format("Cluster {} now has no alias", name), Text{name});
  auto message = fmt::format("Cluster {} now has alias '{}'", name, alias);
  if (former && *former != name) {
    message += fmt::format("; cluster {}, which had it, has none now", *former);
    session.log().warn(
        fmt::format("The alias '{}' is that of cluster {} now; cluster {}, which had it, has none", alias,
                    name, *former));
  }
  return Reply::with_message(std::move(message), Text{name});
}

Operation clusters_op() {
  return {
      .name = "clusters",
      .summary = "List the names of all clusters",
      .help =
          R"(A cluster is a topology: servers that replicate from each other. It is named after its master.

  orchestrator -c clusters
)",
      .routes = {"/api/clusters"},
      .cacheable = true,
      .returns = returns_bare<NameList>(),
      .handler = clusters};
}

Operation clusters_info_op() {
  return {
      .name = "clusters-info",
      .parameters = {{Parameter::search, Need::optional}},
      .summary = "List all clusters with alias and number of instances",
      .help =
          R"(On the command line a line is name, alias and number of instances, with tabs in between. With a text, lists
only the clusters with the text in their name or alias.

  orchestrator -c clusters-info
)",
      .routes = {"/api/clusters-info", "/api/clusters-info?s=:searchString"},
      .cacheable = true,
      .returns = returns_bare<ClusterList>(),
      .handler = clusters_info};
}

Operation cluster_info_op() {
  return {.name = "cluster-info",
          .parameters = {{Parameter::cluster}},
          .summary = "Alias, number of instances and problems of a cluster",
          .help = "Fails for a cluster that is not known.\n",
          .on_command_line = false,
          .routes = {"/api/cluster-info/:clusterName"},
          .cacheable = true,
          .returns = returns_bare<ClusterState>(),
          .handler = cluster_info};
}

Operation cluster_op() {
  return {.name = "cluster",
          .parameters = {{Parameter::cluster}},
          .summary = "The instances of a cluster",
          .help = "All instances of the cluster of that name. Fails for a cluster that is not known.\n",
          .on_command_line = false,
          .routes = {"/api/cluster/:clusterName"},
          .cacheable = true,
          .returns = returns_bare<InstanceList>(),
          .handler = cluster};
}

Operation cluster_by_alias_op() {
  return {.name = "cluster-alias",
          .parameters = {{Parameter::alias}},
          .summary = "The instances of the cluster that has an alias",
          .help = "Fails unless exactly one cluster has the alias.\n",
          .on_command_line = false,
          .routes = {"/api/cluster/alias/:clusterAlias"},
          .cacheable = true,
          .returns = returns_bare<InstanceList>(),
          .handler = cluster_by_alias};
}

Operation topology_op() {
  return {
      .name = "topology",
      .parameters = {{Parameter::cluster, Need::implicit}},
      .summary = "Draw the replication topology that an instance belongs to",
      .help =
          R"(Each instance is a line below that of its master: + before a replica that replicates, - before one
that does not. -i may also be the name or the alias of a cluster. What is drawn is what is known; no
server is contacted.

  orchestrator -c topology -i db1.example.com
  orchestrator -c topology -i shop
  orchestrator -c topology
      without -i: the topology of this host
)",
      .handler = topology};
}

Operation which_cluster_op() {
  return {.name = "which-cluster",
          .parameters = {{Parameter::cluster, Need::implicit}},
          .summary = "Show the name of the cluster that an instance belongs to",
          .help = R"(Fails for an instance that is not known.

  orchestrator -c which-cluster -i db2.example.com
)",
          .handler = which_cluster};
}

Operation which_cluster_instances_op() {
  return {
      .name = "which-cluster-instances",
      .parameters = {{Parameter::cluster, Need::implicit}, {Parameter::alias, Need::optional}},
      .summary = "List the instances of a cluster",
      .help =
          R"(One host:port a line. The cluster is named by one of its instances, by its name, or by -alias.

  orchestrator -c which-cluster-instances -i db2.example.com
  orchestrator -c which-cluster-instances -alias shop
)",
      .handler = which_cluster_instances};
}

Operation set_cluster_alias_op() {
  return {
      .name = "set-cluster-alias",
      .access = Access::write,
      .parameters = {{Parameter::cluster}, {Parameter::alias}},
      .summary = "Give a cluster an alias",
      .help =
          R"(Another cluster that has the alias loses it. An empty one takes away what the cluster has; one that
DetectClusterAliasQuery gives comes back.

  orchestrator -c set-cluster-alias -i db1.example.com:3306 -alias shop
  orchestrator -c set-cluster-alias -i db1.example.com:3306 -alias ''
)",
      .routes = {"/api/set-cluster-alias/:clusterName?alias=:clusterAlias"},
      .handler = set_cluster_alias};
}

}  // namespace

Catalogue cluster_operations() {
  return {clusters_op(),      clusters_info_op(),           cluster_info_op(),
          cluster_op(),       cluster_by_alias_op(),        topology_op(),
          which_cluster_op(), which_cluster_instances_op(), set_cluster_alias_op()};
}

}  // namespace orchestrator
