#include "common/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "common/ascii_case.h"

namespace orchestrator {
namespace {

constexpr bool names_it = true;  // ParameterInfo::names_what_to_do

constexpr std::array<ParameterInfo, parameter_count> all{{
    {"instance", "i", "HOST[:PORT]", "host", "port", "string", "the instance to work on",
     "db1.example.com:3306", names_it},
    {"sibling", "s", "HOST[:PORT]", "belowHost", "belowPort", "string",
     "a second instance: sibling or destination", "db2.example.com:3306", names_it},
    {"cluster", "i", "HOST[:PORT]|CLUSTER|ALIAS", "clusterName", "", "string",
     "a cluster: its name, its alias, or one of its instances", "db1.example.com:3306", names_it},
    {"alias", "alias", "ALIAS", "clusterAlias", "", "string", "alias of a cluster", "shop", names_it},
    {"pattern", "pattern", "REGEXP", "pattern", "", "string",
     "regular expression (RE2) for host:port (find: for the host name); find-binlog-entry: text of an event",
     "backup.*us-east", names_it},
    {"text to search for", "pattern", "TEXT", "searchString", "", "string", "text to search for", "backup",
     names_it},
    {"page", "", "", "page", "", "integer", "page, 0 being the latest", "0"},
    {"command", "", "COMMAND", "", "", "string", "a command", "topology"},
    {"owner", "owner", "NAME", "owner", "", "string",
     "owner of the maintenance lock; default: the current user", "ann"},
    {"reason", "reason", "TEXT", "reason", "", "string", "reason for the maintenance", "new disks"},
    {"duration", "duration", "DURATION", "duration", "", "string",
     "how long maintenance lasts: 90s, 15m, 2h, 1d, 1w", "2h"},
    {"dry run", "dry-run", "", "dryRun", "", "boolean", "print the plan, and change nothing", "true",
     names_it},
    {"accepting loss", "allow-loss", "", "allowLoss", "", "boolean",
     "go on when a replica has events that the new master lacks, and leave that replica as it is", "true",
     names_it},
    {"accepting errant transactions", "allow-errant", "", "allowErrant", "", "boolean",
     "move a replica by GTID although it has transactions that its new master lacks", "true", names_it},
    {"force", "force", "", "force", "", "boolean", "take a master that may be alive for dead", "true",
     names_it},
    {"ending clients", "kill", "", "kill", "", "boolean",
     "end the connections of clients of a master that becomes read-only", "true", names_it},
    {"maintenance lock", "", "", "maintenanceKey", "", "integer", "number of a maintenance lock", "17"},
    {"connection", "", "", "process", "", "integer", "number of a connection", "4711"},
    {"strictness", "strict", "", "strict", "", "boolean",
     "search thoroughly where a quick search is the default", "true"},
    {"coordinates", "binlog", "FILE:POSITION", "binlog", "", "string",
     "coordinates in the binary log of the instance", "mysql-bin.000012:4711", names_it},
    {"promotion rule", "promotion-rule", "RULE", "promotionRule", "", "string",
     "prefer, neutral, prefer_not or must_not; default: prefer", "prefer_not", names_it},
    // Not available over HTTP: paths appear in logs.
    {"account", "replication-user", "USER", "", "", "string",
     "the account that a former master replicates with", "repl"},
    {"password", "replication-password", "PASSWORD", "", "", "string",
     "its password; a credentials file keeps it from other users of this host", "", false, true},
    {"credentials file", "replication-credentials", "FILE", "", "", "string",
     "user and password of that account, in the form of my.cnf", "/etc/repl.cnf"},
}};

}  // namespace

std::span<const ParameterInfo, parameter_count> parameters() {
  return all;
}

const ParameterInfo& info_of(Parameter parameter) {
  return all.at(static_cast<std::size_t>(parameter));
}

std::optional<bool> switch_state(std::string_view value) {
  const auto is_one_of = [value](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words,
                               [value](std::string_view word) { return equal_in_any_case(word, value); });
  };
  if (is_one_of({"true", "t", "yes", "1"})) return true;
  if (is_one_of({"false", "f", "no", "0"})) return false;
  return std::nullopt;
}

std::string how_to_give(Parameter parameter) {
  const auto& info = info_of(parameter);
  if (info.flag.empty()) return std::string(info.name);
  return fmt::format("{}: give it with -{} {}", info.name, info.flag, info.value);
}

}  // namespace orchestrator
