// The fields of an instance, described once: the JSON of the API and its description, the columns of the
// backend, and the types of the web pages are made from this table.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "topo/model/instance.h"
#include "topo/topology/status.h"

namespace topo {

// A value of a field; views and pointers are valid as long as the instance.
using FieldValue = std::variant<bool, std::uint64_t, std::string_view, std::optional<std::chrono::seconds>,
                                const InstanceKey*, const BinlogCoordinates*, std::span<const InstanceKey>,
                                std::span<const std::string>, std::vector<std::string>,
                                std::span<const ReplicationChannel>, Problem>;

enum class FieldType {
  boolean,
  number,           // an unsigned integer
  text,             // "": none
  optional_number,  // an unsigned integer, or unknown
  key,              // an instance; invalid: none
  coordinates,      // of a binary log or relay log
  keys,             // sorted
  texts,
  channels,
  problem,  // one of problem_names
};

struct InstanceField {
  std::string_view name;          // in the JSON of the API; "": in the backend only
  std::string_view replica_name;  // the same value under the name that later releases gave it; "": none
  FieldType type;
  std::string_view unit;  // "seconds"; "": none
  std::string_view meaning;
  std::array<std::string_view, 2> columns;  // of database_instance; "": none
  // `limits` turn ages into freshness, and facts into problems.
  FieldValue (*value)(const KnownInstance&, const StatusLimits& limits);
  bool (*is_present)(const KnownInstance&);  // nullptr: always
};

// All fields, in the order of the JSON; those of the backend only come last. Thread-safe.
[[nodiscard]] std::span<const InstanceField> instance_fields();

}  // namespace topo
