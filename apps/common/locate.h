// From what a request names to what the backend knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/topology/instance.h"

namespace orchestrator {

class Session;

// The stored instance that `key` names: under that name, as another name of it that the discovery met, or
// under the name it resolves to. The resolver is asked only for names that are not known otherwise.
// Throws Error{not_found}, and Error{unreachable} when it is not known and cannot be resolved.
[[nodiscard]] topo::KnownInstance find_instance(Session& session, const topo::InstanceKey& key);

// As find_instance, but an instance that is not known is answered by the key it resolves to.
[[nodiscard]] topo::InstanceKey find_key(Session& session, const topo::InstanceKey& key);

// refactor::subject_of_change.
[[nodiscard]] topo::InstanceKey find_key_to_change(Session& session, const topo::InstanceKey& key);

// refactor::destination_of_change.
[[nodiscard]] topo::InstanceKey find_destination(Session& session, const topo::InstanceKey& key);

// The name of the cluster that `text` names: by its name, by its alias, or by one of its instances.
// Throws Error{not_found}.
[[nodiscard]] std::string find_cluster(Session& session, std::string_view text);
// The same by what is known, with no name resolved; nullopt: there is none.
[[nodiscard]] std::optional<std::string> known_cluster(Session& session, std::string_view text);

// Throws Error{not_found}; Error{invalid_argument} when several clusters share the alias.
[[nodiscard]] std::string find_cluster_by_alias(Session& session, std::string_view alias);

// Those that have a problem, by host name and port.
[[nodiscard]] std::vector<topo::KnownInstance> find_problems(Session& session);

}  // namespace orchestrator
