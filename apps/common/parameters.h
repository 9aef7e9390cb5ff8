// The parameters of operations, described once: flags, their help and messages, path and query values of
// routes, and the description of the API are made from this table.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orchestrator {

// The kinds of values that operations take.
enum class Parameter {
  instance,
  sibling,
  cluster,
  alias,
  pattern,
  search,
  page,
  subject,
  owner,
  reason,
  duration,
  dry_run,
  allow_loss,
  allow_errant,
  force,
  end_clients,
  maintenance,
  process,
  strict,
  binlog,
  promotion_rule,
  replication_user,
  replication_password,
  replication_credentials,
};
inline constexpr std::size_t parameter_count = 24;

struct ParameterInfo {
  std::string_view name;          // in messages
  std::string_view flag;          // without dash; "": not a flag
  std::string_view value;         // of the flag, as the help of a command shows it; "": a switch
  std::string_view slot;          // in routes, as in ":owner"; "": not available over HTTP
  std::string_view port_slot;     // for an instance, whose host name is in `slot`
  std::string_view type;          // in the description of the API
  std::string_view meaning;       // a phrase
  std::string_view example;       // of a value; "": none
  bool names_what_to_do = false;  // ignoring it would do something else than was asked for
  bool is_secret = false;
};

// Indexed by Parameter.
[[nodiscard]] std::span<const ParameterInfo, parameter_count> parameters();
[[nodiscard]] const ParameterInfo& info_of(Parameter parameter);
// Whether the value of a switch means yes: true, t, yes, 1, or false, f, no, 0, in any case; nullopt:
// neither.
[[nodiscard]] std::optional<bool> switch_state(std::string_view value);
// "pattern: give it with -pattern REGEXP"
[[nodiscard]] std::string how_to_give(Parameter parameter);

}  // namespace orchestrator
