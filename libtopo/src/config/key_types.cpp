#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <type_traits>

#include "config/keys.h"

namespace topo::config {
namespace {

// Name of the unit of a duration type; "" for other types.
template <typename T>
constexpr std::string_view unit() {
  if constexpr (std::is_same_v<T, std::chrono::milliseconds>) return "milliseconds";
  if constexpr (std::is_same_v<T, std::chrono::seconds>) return "seconds";
  if constexpr (std::is_same_v<T, std::chrono::minutes>) return "minutes";
  if constexpr (std::is_same_v<T, std::chrono::hours>) return "hours";
  if constexpr (std::is_same_v<T, std::chrono::days>) return "days";
  return "";
}

std::string_view unit_of(const Key& key) {
  return std::visit([]<typename T>(T Configuration::*) { return unit<T>(); }, key.member);
}

template <typename T>
bool holds(const Key& key) {
  return std::holds_alternative<T Configuration::*>(key.member);
}

std::string one_of(const OneOf& choice) {
  std::vector<std::string> quoted;
  for (const auto value : choice.values) quoted.push_back(fmt::format("\"{}\"", value));
  return fmt::format("one of {}", fmt::join(quoted, ", "));
}

// Constraints on the value beyond its type.
std::string constraint(const Key& key) {
  if (const auto* range = std::get_if<Range>(&key.rule)) {
    const bool open = range->most == std::numeric_limits<std::int64_t>::max();
    return open ? fmt::format("{} or more", range->least)
                : fmt::format("{} to {}", range->least, range->most);
  }
  if (const auto* choice = std::get_if<OneOf>(&key.rule)) return one_of(*choice);
  if (std::holds_alternative<ClusterFilters>(key.rule))
    return "regular expressions, \"alias=name\" or \"alias~=regular expression\"";
  const auto* pattern = std::get_if<Pattern>(&key.rule);
  if (!pattern) return "";
  if (holds<std::vector<std::string>>(key)) return "regular expressions";
  if (holds<std::map<std::string, std::string>>(key)) return "the names are regular expressions";
  return pattern->with_group ? "a regular expression with a group" : "a regular expression";
}

std::string type_alone(const Key& key) {
  if (holds<bool>(key)) return "bool";
  if (holds<std::string>(key)) return "string";
  if (holds<std::vector<std::string>>(key)) return "list of strings";
  if (holds<std::map<std::string, std::string>>(key)) return "object of strings";
  const auto unit = unit_of(key);
  return unit.empty() ? "integer" : fmt::format("integer, {}", unit);
}

}  // namespace

std::string type_name(const Key& key) {
  const auto more = constraint(key);
  return more.empty() ? type_alone(key) : fmt::format("{}, {}", type_alone(key), more);
}

std::string expectation(const Key& key) {
  if (holds<bool>(key)) return "true or false";
  const bool pattern = std::holds_alternative<Pattern>(key.rule);
  if (std::holds_alternative<ClusterFilters>(key.rule))
    return "a list of regular expressions on the cluster's name, \"alias=name\" or \"alias~=regular "
           "expression\"";
  if (holds<std::vector<std::string>>(key)) {
    return pattern ? "a list of regular expressions, such as [\"one\", \"two\"]"
                   : "a list of strings, such as [\"one\", \"two\"]";
  }
  if (holds<std::map<std::string, std::string>>(key)) {
    return "an object of strings whose names are regular expressions, such as {\"db-shop.*\": \"shop\"}";
  }
  if (std::holds_alternative<Address>(key.rule)) {
    return "an address to listen on, such as \":3000\", \"127.0.0.1:3000\" or "
           "\"unix:/run/orchestrator.sock\"";
  }
  if (std::holds_alternative<HostName>(key.rule))
    return "a host name or an address, without port, such as \"db1.example.com\"";
  if (std::holds_alternative<UrlPrefix>(key.rule))
    return "a path of letters, digits and -._~, such as \"/orchestrator\"";
  if (std::holds_alternative<DataFile>(key.rule))
    return "the name of a file, such as \"/var/lib/orchestrator/orchestrator.sqlite3\"";
  if (std::holds_alternative<Range>(key.rule)) {
    const auto unit = unit_of(key);
    return fmt::format("a whole number{}{}, {}", unit.empty() ? "" : " of ", unit, constraint(key));
  }
  const auto more = constraint(key);
  return more.empty() ? "a string" : more;
}

}  // namespace topo::config
