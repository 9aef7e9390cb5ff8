#include "config/key_warnings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <utility>

#include "base/shown_text.h"

namespace topo::config {
namespace {

using Kind = ConfigurationWarning::Kind;

constexpr std::size_t max_unknown = 20;  // reported one by one

// False for values that turn a key off.
bool asks_for_something(const rapidjson::Value& value) {
  if (value.IsBool()) return value.GetBool();
  if (value.IsNumber()) return value.GetDouble() != 0;
  if (value.IsArray()) return !value.Empty();
  if (value.IsObject()) return !value.ObjectEmpty();
  if (!value.IsString()) return false;
  const std::string_view text{value.GetString(), value.GetStringLength()};
  return !text.empty() && text != "false" && text != "0";
}

bool is_comment(std::string_view name) {
  return name.starts_with('#') || name.starts_with("//");
}

}  // namespace

void KeyWarnings::add(Kind kind, std::string text) {
  warnings_.push_back({kind, std::move(text)});
}

void KeyWarnings::add_known(const Key& key, std::string_view spelling, const rapidjson::Value& value) {
  if (key.no_effect.empty()) return;
  if (key.guards && asks_for_something(value)) {
    add(Kind::unguarded,
        fmt::format("{} in {} has no effect in this version: {}", spelling, file_, key.no_effect));
  } else {
    idle_[key.no_effect].emplace_back(spelling);
  }
}

void KeyWarnings::add_repeated(std::string_view former, std::string_view spelling) {
  add(Kind::mistake,
      former == spelling
          ? fmt::format("{} is given more than once in {}: the last value applies", shown_text(spelling),
                        file_)
          : fmt::format("{} and {} in {} are the same key: the value of {}, the last one, applies",
                        shown_text(former), shown_text(spelling), file_, shown_text(spelling)));
}

void KeyWarnings::add_unknown(std::string_view name, const rapidjson::Value& value) {
  if (is_comment(name)) return;
  if (const auto* foreign = find_foreign_key(name)) return add_foreign(*foreign, name, value);
  if (const auto nearest = nearest_name(name); !nearest.empty()) {
    const auto* foreign = find_foreign_key(nearest);
    const auto more = foreign == nullptr      ? std::string()
                      : foreign->here.empty() ? " That has no effect in this version"
                                              : fmt::format(" Here that is {}", foreign->here);
    add(Kind::mistake,
        fmt::format("Unknown key \"{}\" in {}: did you mean {}?{}", shown_text(name), file_, nearest, more));
    return;
  }
  if (++unknown_ > max_unknown) return;
  add(Kind::unknown, fmt::format("Unknown key \"{}\" in {}: it is ignored", shown_text(name), file_));
}

void KeyWarnings::add_foreign(const ForeignKey& key, std::string_view spelling,
                              const rapidjson::Value& value) {
  if (!asks_for_something(value)) {
    idle_[""].emplace_back(spelling);
  } else if (!key.here.empty()) {
    add(key.guards ? Kind::unguarded : Kind::mistake,
        fmt::format("{} in {} has no effect: here it is {}", spelling, file_, key.here));
  } else if (key.guards) {
    add(Kind::unguarded,
        fmt::format("{} in {} has no effect in this version: {}", spelling, file_, key.instead));
  } else {
    idle_[""].emplace_back(spelling);
  }
}

std::vector<ConfigurationWarning> KeyWarnings::take() {
  for (const auto& [reason, names] : std::exchange(idle_, {})) {
    add(Kind::remark, fmt::format("No effect in this version, in {}: {}{}{}", file_, fmt::join(names, ", "),
                                  reason.empty() ? "" : "; ", reason));
  }
  if (unknown_ > max_unknown) {
    add(Kind::unknown, fmt::format("{} more unknown keys in {} are ignored", unknown_ - max_unknown, file_));
  }
  return std::exchange(warnings_, {});
}

}  // namespace topo::config
