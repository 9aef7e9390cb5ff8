#include "config/values.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <type_traits>

#include "base/ascii.h"
#include "base/pattern_problem.h"
#include "base/shown_text.h"
#include "topo/base/error.h"
#include "topo/base/instance_key.h"
#include "topo/config/cluster_filter.h"

namespace topo::config {
namespace {

// A rejected value; the caller adds file and key to the message.
struct Unusable {
  std::string why;  // "": the expectation explains enough
};

std::string_view text_of(const rapidjson::Value& value) {
  if (!value.IsString()) throw Unusable{};
  const std::string_view text{value.GetString(), value.GetStringLength()};
  if (text.find('\0') != std::string_view::npos) throw Unusable{"it has a NUL character"};
  return text;
}

bool bool_of(const rapidjson::Value& value) {
  if (value.IsBool()) return value.GetBool();
  const auto text = text_of(value);  // the manual writes some booleans as strings
  if (equal_without_case(text, "true")) return true;
  if (equal_without_case(text, "false")) return false;
  throw Unusable{};
}

std::int64_t number_of(const rapidjson::Value& value, const Range& range) {
  std::int64_t number = 0;
  if (value.IsInt64()) {
    number = value.GetInt64();
  } else {
    const auto text = text_of(value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) throw Unusable{};
  }
  if (number < range.least || number > range.most) throw Unusable{};
  return number;
}

void check_pattern(std::string_view text, const Pattern& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 compiled(re2::StringPiece(text.data(), text.size()), options);
  if (!compiled.ok()) {
    const auto* hint = text == "*" ? "; the pattern that matches everything is \".*\"" : "";
    throw Unusable{pattern_problem(compiled) + hint};
  }
  if (pattern.with_group && compiled.NumberOfCapturingGroups() < 1) throw Unusable{"it has no group"};
}

std::string cluster_filter_of(std::string_view text) {
  try {
    static_cast<void>(ClusterFilter(text));
  } catch (const Error& error) {
    throw Unusable{error.what()};
  }
  return text == "*" ? ".*" : std::string(text);
}

void check_address(std::string_view text) {
  constexpr std::string_view socket = "unix:";
  if (text.starts_with(socket)) {
    if (!text.substr(socket.size()).starts_with('/'))
      throw Unusable{"the path of a socket begins with a slash"};
    return;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) throw Unusable{"it has no port"};
  const auto port_text = text.substr(colon + 1);
  // Port 0 means any free port.
  try {
    (void)InstanceKey::from_parts(colon == 0 ? "localhost" : text.substr(0, colon),
                                  port_text == "0" ? "1" : port_text);
  } catch (const Error&) {
    throw Unusable{};
  }
  const bool bare_ipv6 = text.find(':') != colon && text.front() != '[';
  if (bare_ipv6) throw Unusable{"an IPv6 address needs brackets"};
}

void check_host_name(std::string_view text) {
  if (auto problem = host_name_problem(text)) throw Unusable{std::move(*problem)};
}

void check_data_file(std::string_view text) {
  if (text == ":memory:")
    throw Unusable{"a database in memory is lost with the process, and other processes do not see it"};
}

std::string url_prefix_of(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return {};
  if (!text.starts_with('/')) throw Unusable{"it does not begin with a slash"};
  if (text.find_first_not_of(allowed) != std::string_view::npos || text.find("//") != std::string_view::npos)
    throw Unusable{};
  return std::string(text);
}

std::string checked_text(const rapidjson::Value& value, const Rule& rule) {
  const auto text = text_of(value);
  if (const auto* pattern = std::get_if<Pattern>(&rule); pattern && !text.empty())
    check_pattern(text, *pattern);
  if (std::holds_alternative<Address>(rule)) check_address(text);
  if (std::holds_alternative<HostName>(rule) && !text.empty()) check_host_name(text);
  if (std::holds_alternative<DataFile>(rule)) check_data_file(text);
  if (std::holds_alternative<UrlPrefix>(rule)) return url_prefix_of(text);
  if (std::holds_alternative<ClusterFilters>(rule)) return cluster_filter_of(text);
  const auto* choice = std::get_if<OneOf>(&rule);
  if (!choice) return std::string(text);
  for (const auto allowed : choice->values) {
    if (equal_without_case(allowed, text)) return std::string(allowed);
  }
  for (const auto& [spelling, meant] : choice->also) {
    if (equal_without_case(spelling, text)) return std::string(meant);
  }
  throw Unusable{};
}

// Reports the problems of all items together.
template <typename Items, typename Take>
void take_all(const Items& items, const Take& take) {
  std::optional<std::string> whys;
  for (const auto& item : items) {
    try {
      take(item);
    } catch (const Unusable& unusable) {
      if (!whys) whys.emplace();
      if (!unusable.why.empty()) whys->append(whys->empty() ? "" : "; ").append(unusable.why);
    }
  }
  if (whys) throw Unusable{*whys};
}

std::vector<std::string> list_of(const rapidjson::Value& value, const Rule& rule) {
  if (!value.IsArray()) throw Unusable{};
  std::vector<std::string> items;
  take_all(value.GetArray(), [&](const auto& item) { items.push_back(checked_text(item, rule)); });
  return items;
}

void merge(std::map<std::string, std::string>& map, const rapidjson::Value& value, const Rule& rule) {
  if (!value.IsObject()) throw Unusable{};
  take_all(value.GetObject(), [&](const auto& member) {
    auto key = checked_text(member.name, rule);
    map.insert_or_assign(std::move(key), std::string(text_of(member.value)));
  });
}

void assign(Configuration& configuration, const Key& key, const rapidjson::Value& value) {
  const auto set = [&]<typename T>(T Configuration::*member) {
    auto& target = configuration.*member;
    if constexpr (std::is_same_v<T, bool>) {
      target = bool_of(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      target = checked_text(value, key.rule);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      target = list_of(value, key.rule);
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
      merge(target, value, key.rule);
    } else {
      // The range of a key fits into its type.
      const auto number = number_of(value, std::get<Range>(key.rule));
      if constexpr (std::is_integral_v<T>) {
        target = static_cast<T>(number);
      } else {
        target = T(static_cast<typename T::rep>(number));
      }
    }
  };
  std::visit(set, key.member);
}

void set_default(Configuration& configuration, const Key& key) {
  static const Configuration defaults;
  std::visit([&](auto member) { configuration.*member = defaults.*member; }, key.member);
}

// Recursion is safe here: the parser rejects deeply nested values.
std::string shown_json(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return shown_text({buffer.GetString(), buffer.GetSize()}, 200);
}

}  // namespace

void set_value(Configuration& configuration, const Key& key, const rapidjson::Value& value,
               const std::string& file) {
  if (value.IsNull()) return set_default(configuration, key);
  try {
    assign(configuration, key, value);
  } catch (const Unusable& unusable) {
    const auto shown = key.secret ? "not usable (its value is not shown)" : shown_json(value);
    throw Error(Code::invalid_argument,
                fmt::format("{}: {} is {}{}{}: expected {}", file, key.name, shown,
                            unusable.why.empty() ? "" : ", but ", unusable.why, expectation(key)));
  }
}

std::string json_of(const Configuration& configuration, const Key& key) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto write_text = [&](const std::string& text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  };
  const auto write = [&]<typename T>(T Configuration::*member) {
    const auto& value = configuration.*member;
    if constexpr (std::is_same_v<T, bool>) {
      writer.Bool(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      write_text(value);
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      writer.StartArray();
      for (const auto& item : value) write_text(item);
      writer.EndArray();
    } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
      writer.StartObject();
      for (const auto& [name, text] : value) {
        write_text(name);
        write_text(text);
      }
      writer.EndObject();
    } else if constexpr (std::is_integral_v<T>) {
      writer.Int64(value);
    } else {
      writer.Int64(value.count());
    }
  };
  std::visit(write, key.member);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace topo::config
