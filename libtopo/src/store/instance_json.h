// The JSON columns of database_instance. Reading accepts any content and skips what it cannot parse.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topo/model/instance.h"

namespace topo::store {

// [{"Hostname": …, "Port": …}, …]
[[nodiscard]] std::string keys_to_json(const std::vector<InstanceKey>& keys);
[[nodiscard]] std::vector<InstanceKey> keys_from_json(std::string_view json);
[[nodiscard]] std::string texts_to_json(const std::vector<std::string>& texts);  // "" for none
[[nodiscard]] std::vector<std::string> texts_from_json(std::string_view json);
// "" if the other columns of the table describe the only channel: it has no name, and its master is usable
// and not left by RESET SLAVE. "" for no channel.
[[nodiscard]] std::string channels_to_json(const Instance& instance);
[[nodiscard]] std::vector<ReplicationChannel> channels_from_json(std::string_view json);

}  // namespace topo::store
