// The types of the columns of the backend, as MySQL writes them. SQLite interprets them in its own way.
#pragma once

#include <string_view>

namespace topo::store {

inline constexpr std::string_view host_type = "varchar(128) NOT NULL DEFAULT ''";  // also names and aliases
inline constexpr std::string_view port_type = "smallint unsigned NOT NULL DEFAULT 0";
inline constexpr std::string_view flag_type = "tinyint unsigned NOT NULL DEFAULT 0";
inline constexpr std::string_view state_type = "tinyint NOT NULL DEFAULT 0";
inline constexpr std::string_view count_type = "bigint unsigned NOT NULL DEFAULT 0";
inline constexpr std::string_view optional_count_type = "bigint unsigned NULL";
inline constexpr std::string_view number_type = "int unsigned NOT NULL DEFAULT 0";
inline constexpr std::string_view text16_type = "varchar(16) NOT NULL DEFAULT ''";
inline constexpr std::string_view text32_type = "varchar(32) NOT NULL DEFAULT ''";
inline constexpr std::string_view text64_type = "varchar(64) NOT NULL DEFAULT ''";
inline constexpr std::string_view text_type = "text";
// For lists that grow with the number of replicas, channels or GTIDs.
inline constexpr std::string_view long_text_type = "mediumtext";
inline constexpr std::string_view time_type = "timestamp NOT NULL DEFAULT '1971-01-01 00:00:00'";
inline constexpr std::string_view optional_time_type = "timestamp NULL DEFAULT NULL";

}  // namespace topo::store
