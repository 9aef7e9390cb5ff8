// Finds the instances and clusters that a request names in the backend.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/arguments.h"
#include "common/reply.h"
#include "topo/base/instance_key.h"
#include "topo/model/instance.h"

namespace orchestrator {

class Session;

// The stored instance that `key` names: by that name, by another name that discovery found, or by the name
// that it resolves to. Only unknown names are resolved. Throws Error{not_found}, and Error{unreachable} for
// an unknown name that cannot be resolved.
[[nodiscard]] topo::KnownInstance find_instance(Session& session, const topo::InstanceKey& key);

// As find_instance, but returns the key that an unknown instance resolves to.
[[nodiscard]] topo::InstanceKey find_key(Session& session, const topo::InstanceKey& key);

// refactor::subject_of_change.
[[nodiscard]] topo::InstanceKey find_key_to_change(Session& session, const topo::InstanceKey& key);

// The master of the cluster that the arguments name, by Parameter::cluster or Parameter::instance. Throws
// Error{not_found}, and as topo::master_of_cluster.
[[nodiscard]] topo::InstanceKey master_named(Session& session, const Arguments& given);

// The name of the cluster that `text` identifies: by its name, its alias, or one of its instances. Throws
// Error{not_found}.
[[nodiscard]] std::string find_cluster(Session& session, std::string_view text);
// The same from stored data only: no name is resolved; nullopt: not found.
[[nodiscard]] std::optional<std::string> known_cluster(Session& session, std::string_view text);

// Throws Error{not_found}; Error{invalid_argument} when several clusters share the alias.
[[nodiscard]] std::string find_cluster_by_alias(Session& session, std::string_view alias);

// Instances that have a problem, in the order of topo::sort_by_problem.
[[nodiscard]] std::vector<topo::KnownInstance> find_problems(Session& session);

// The clusters with `text` in their name or alias, in upper or lower case, by name, with the problems of
// their instances; "": all clusters.
[[nodiscard]] ClusterList find_clusters(Session& session, std::string_view text = "");

// As InstanceStore::search, and the instances of clusters with `text` in their alias, by host name and port.
[[nodiscard]] std::vector<topo::KnownInstance> search_instances(Session& session, std::string_view text);

}  // namespace orchestrator
