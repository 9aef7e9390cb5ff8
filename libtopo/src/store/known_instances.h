// An instance as the backend knows it: its row of database_instance, the ages of that, and what other tables
// say of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "store/database.h"
#include "topo/model/instance.h"

namespace topo::store {

// Of a row of database_instance. Checks the failure reason as well, as times in seconds do not order events
// within one second. A row written by another release has no reason: NULL.
inline constexpr std::string_view is_valid =
    "CASE WHEN last_checked <= last_seen AND COALESCE(last_check_error, '') = '' THEN 1 ELSE 0 END";

// A query without WHERE, for known_from. An instance with several unfinished operations has several rows.
[[nodiscard]] std::string select_known_instances();

// nullopt: the row cannot be used. `expiry`: of the process of an operation on another host that does not
// report (MaintenanceExpireMinutes); `rule_expiry`: of promotion rules.
[[nodiscard]] std::optional<KnownInstance> known_from(const RowView& row, std::chrono::seconds expiry,
                                                      std::chrono::seconds rule_expiry);

}  // namespace topo::store
