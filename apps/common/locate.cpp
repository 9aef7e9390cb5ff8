#include "common/locate.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "common/ascii_case.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/inspect/host_names.h"
#include "topo/refactor/subject.h"
#include "topo/store/store.h"
#include "topo/topology/planning.h"
#include "topo/topology/status.h"

namespace orchestrator {
namespace {

using topo::Code;
using topo::Error;
using topo::InstanceKey;

struct Located {
  InstanceKey key;
  std::optional<topo::KnownInstance> known;
  std::optional<std::string> problem;  // of the name resolution
};

Located locate(Session& session, const InstanceKey& key) {
  auto& instances = session.store().instances();
  if (auto known = instances.read(key)) return {key, std::move(known), std::nullopt};
  if (const auto instance = topo::refactor::stored_alias_of(instances, key)) {
    if (auto known = instances.read(*instance)) return {*instance, std::move(known), std::nullopt};
  }
  auto resolved = session.context().names().resolve(key);
  if (resolved.key == key) return {key, std::nullopt, std::move(resolved.problem)};
  auto known = instances.read(resolved.key);
  return {std::move(resolved.key), std::move(known), std::move(resolved.problem)};
}

[[noreturn]] void unknown(const InstanceKey& key) {
  throw Error(Code::not_found, fmt::format("Instance not found: {}; add it with `discover`", key.display()));
}

std::optional<std::string> cluster_with_alias(const std::vector<topo::ClusterInfo>& infos,
                                              std::string_view alias) {
  const auto has_alias = [&](const topo::ClusterInfo& info) { return info.cluster_alias == alias; };
  if (alias.empty()) return std::nullopt;
  const auto found = std::ranges::find_if(infos, has_alias);
  if (found == infos.end()) return std::nullopt;
  const auto second = std::find_if(found + 1, infos.end(), has_alias);
  if (second != infos.end()) {
    throw Error(Code::invalid_argument,
                fmt::format("Alias {} belongs to several clusters, {} and {}; name one of them", alias,
                            found->cluster_name, second->cluster_name));
  }
  return found->cluster_name;
}

}  // namespace

topo::KnownInstance find_instance(Session& session, const InstanceKey& key) {
  auto located = locate(session, key);
  if (located.known) return std::move(*located.known);
  if (located.problem) throw Error(Code::not_found, *located.problem);
  unknown(located.key);
}

InstanceKey find_key_to_change(Session& session, const InstanceKey& key) {
  return topo::refactor::subject_of_change(session.context(), key);
}

InstanceKey find_key(Session& session, const InstanceKey& key) {
  auto located = locate(session, key);
  if (!located.known && located.problem) throw Error(Code::not_found, *located.problem);
  return std::move(located.key);
}

namespace {

std::optional<InstanceKey> key_in(const Session& session, std::string_view text, std::string& why_none) {
  try {
    return InstanceKey::parse(text, session.configuration().default_instance_port);
  } catch (const Error& error) {
    why_none = error.what();  // the text can only be a name or an alias
    return std::nullopt;
  }
}

// From stored data only: no name is resolved.
std::optional<std::string> known_cluster(Session& session, std::string_view text,
                                         const std::optional<InstanceKey>& key) {
  auto& instances = session.store().instances();
  if (key) {
    if (auto known = instances.read(*key)) return known->instance.cluster_name;
  }
  const auto infos = session.store().clusters().infos();
  if (std::ranges::find(infos, text, &topo::ClusterInfo::cluster_name) != infos.end())
    return std::string(text);
  if (auto name = cluster_with_alias(infos, text)) return name;
  if (!key) return std::nullopt;
  const auto instance = topo::refactor::stored_alias_of(instances, *key);
  const auto known = instance ? instances.read(*instance) : std::nullopt;
  return known ? std::optional(known->instance.cluster_name) : std::nullopt;
}

}  // namespace

std::optional<std::string> known_cluster(Session& session, std::string_view text) {
  std::string ignored;
  return known_cluster(session, text, key_in(session, text, ignored));
}

std::string find_cluster(Session& session, std::string_view text) {
  std::string why_no_key;
  const auto key = key_in(session, text, why_no_key);
  if (auto name = known_cluster(session, text, key)) return *name;
  if (!key)
    throw Error(Code::not_found, fmt::format("Cluster not found: {}; `clusters` lists the known clusters. {}",
                                             text, why_no_key));
  try {
    return find_instance(session, *key).instance.cluster_name;
  } catch (const Error& error) {
    if (error.code() != Code::not_found) throw;
    throw Error(
        Code::not_found,
        fmt::format(
            "Cluster not found: {} is not the name of a cluster, an alias of a cluster or an instance "
            "that is known; `clusters` lists clusters, and `discover` makes an instance known",
            text));
  }
}

std::string find_cluster_by_alias(Session& session, std::string_view alias) {
  if (auto name = cluster_with_alias(session.store().clusters().infos(), alias)) return *name;
  throw Error(Code::not_found, fmt::format("No cluster found for alias {}", alias));
}

std::vector<topo::KnownInstance> find_problems(Session& session) {
  const auto limits = session.limits();
  auto suspects = session.store().instances().read_suspects(limits.poll_interval, limits.reasonable_lag);
  std::erase_if(suspects, [&](const auto& known) { return topo::problems_of(known, limits).empty(); });
  topo::sort_by_problem(suspects, limits);
  return suspects;
}

ClusterList find_clusters(Session& session, std::string_view text) {
  const auto limits = session.limits();
  std::unordered_map<std::string, std::vector<ProblemCount>> counts;
  // In this order, equal problems of a cluster are neighbours.
  for (const auto& known : find_problems(session)) {
    const auto problem = topo::problem_of(known, limits);
    auto& own = counts[known.instance.cluster_name];
    if (own.empty() || own.back().problem != problem) own.push_back({problem, 0});
    ++own.back().count;
  }
  ClusterList clusters;
  for (auto& info : session.store().clusters().infos()) {
    if (!contains_in_any_case(info.cluster_name, text) && !contains_in_any_case(info.cluster_alias, text))
      continue;
    auto& cluster = clusters.emplace_back(ClusterState{std::move(info)});
    if (const auto own = counts.find(cluster.info.cluster_name); own != counts.end())
      cluster.problems = std::move(own->second);
  }
  return clusters;
}

std::vector<topo::KnownInstance> search_instances(Session& session, std::string_view text) {
  auto& store = session.store();
  auto found = store.instances().search(text);
  if (text.empty()) return found;
  std::unordered_set<std::string> clusters;
  for (auto& info : store.clusters().infos()) {
    if (!info.cluster_alias.empty() && contains_in_any_case(info.cluster_alias, text))
      clusters.insert(std::move(info.cluster_name));
  }
  if (clusters.empty()) return found;
  std::unordered_set<topo::InstanceKey> keys;
  for (const auto& known : found) keys.insert(known.instance.key);
  // One statement, however many clusters there are.
  for (auto& known : store.instances().read_all()) {
    if (clusters.contains(known.instance.cluster_name) && !keys.contains(known.instance.key))
      found.push_back(std::move(known));
  }
  std::ranges::sort(found, {}, [](const topo::KnownInstance& known) -> const topo::InstanceKey& {
    return known.instance.key;
  });
  return found;
}

topo::InstanceKey master_named(Session& session, const Arguments& given) {
  auto& instances = session.store().instances();
  const auto cluster = given.has(Parameter::cluster)
                           ? find_cluster(session, given.text(Parameter::cluster))
                           : find_instance(session, given.instance()).instance.cluster_name;
  const topo::Topology topology(instances.read_cluster(cluster));
  if (topology.instances().empty()) throw Error(Code::not_found, fmt::format("{} has no instances", cluster));
  const auto named = given.has(Parameter::instance) ? find_key(session, given.instance())
                                                    : topology.instances().front().instance.key;
  return topo::master_of_cluster(topology, named).instance.key;
}

}  // namespace orchestrator
