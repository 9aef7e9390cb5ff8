// The columns of database_instance that hold JSON. Reading takes whatever a column holds: what cannot be
// understood is left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topo/topology/instance.h"

namespace topo::store {

// [{"Hostname": …, "Port": …}, …]
[[nodiscard]] std::string keys_to_json(const std::vector<InstanceKey>& keys);
[[nodiscard]] std::vector<InstanceKey> keys_from_json(std::string_view json);
[[nodiscard]] std::string texts_to_json(const std::vector<std::string>& texts);  // "" for none
[[nodiscard]] std::vector<std::string> texts_from_json(std::string_view json);
// "" unless there are several, or one with a name or with a master that does not count: the columns of the
// table tell of any other.
[[nodiscard]] std::string channels_to_json(const Instance& instance);
[[nodiscard]] std::vector<ReplicationChannel> channels_from_json(std::string_view json);

}  // namespace topo::store
