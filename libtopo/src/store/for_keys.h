// Statements on many instances at once.
#pragma once

#include <span>
#include <string_view>

#include "store/database.h"
#include "topo/base/instance_key.h"

namespace topo::store {

// Runs `statement`, completed by a condition on keys and by `suffix`, for all keys. SQLite runs it once per
// key: that costs nothing, and keeps prepared statements few.
void for_keys(
    DatabaseSession& session, Engine engine, std::string_view statement, std::string_view suffix,
    std::span<const InstanceKey> keys, const OnRow& on_row = [](const RowView&) {});

}  // namespace topo::store
