#include "common/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cxxopts.hpp>
#include <iterator>
#include <optional>
#include <string_view>

#include "common/parameters.h"
#include "topo/base/edit_distance.h"

namespace orchestrator {
namespace {

constexpr Flag first_flag{"c", "COMMAND", "what to do; `orchestrator help` lists the commands"};
// The flags that are not parameters of commands.
constexpr Flag other_flags[] = {
    {"d", "HOST[:PORT]", "", "s"},
    {"config", "FILE", "read this configuration file and no other"},
    {"discovery", "", "http: poll the known instances all the time (default true)"},
    {"verbose", "", "log what is done"},
    {"debug", "", "log everything"},
    {"stack", "", "print the stack trace of an error"},
    {"help", "", "explain the programs, or the command named by -c"},
    {"h", "", "", "help"},
    {"version", "", "print the version"},
};

std::vector<Flag> make_flags() {
  std::vector<Flag> flags{first_flag};
  for (const auto& info : parameters()) {
    const bool is_known = std::ranges::find(flags, info.flag, &Flag::name) != flags.end();
    if (!info.flag.empty() && !is_known) flags.push_back({info.flag, info.value, info.meaning});
  }
  flags.insert(flags.end(), std::begin(other_flags), std::end(other_flags));
  return flags;
}

const Flag* find_flag(std::string_view name) {
  const auto& flags = all_flags();
  const auto found = std::ranges::find(flags, name, &Flag::name);
  return found == flags.end() ? nullptr : &*found;
}

// The flag with the most similar name, as a suggestion for an unknown name; nullptr: none is similar.
const Flag* nearest_flag(std::string_view name) {
  constexpr std::size_t longest_name = 40;
  if (name.size() > longest_name) return nullptr;
  const Flag* nearest = nullptr;
  std::size_t smallest = std::min<std::size_t>(3, (name.size() + 1) / 2);
  for (const auto& flag : all_flags()) {
    const auto distance = topo::edit_distance(name, flag.name);
    if (distance < smallest) {
      smallest = distance;
      nearest = &flag;
    }
  }
  return nearest;
}

[[noreturn]] void unknown_flag(std::string_view dashes, std::string_view name) {
  const auto* nearest = nearest_flag(name);
  throw UsageError(nearest == nullptr ? fmt::format("There is no flag {}{}", dashes, name)
                                      : fmt::format("There is no flag {0}{1}; did you mean {0}{2}?", dashes,
                                                    name, nearest->name));
}

// cxxopts treats names of one letter as short options.
std::string inner_name(const Flag& flag) {
  return fmt::format("flag-{}", flag.same_as.empty() ? flag.name : flag.same_as);
}

struct Normalised {
  std::vector<std::string> options;  // "--inner=value"
  std::vector<std::string> words;
};

std::string_view switch_value(const Flag& flag, std::string_view value) {
  const auto is_yes = switch_state(value);
  if (!is_yes) throw UsageError(fmt::format("Flag -{} is \"{}\"; expected true or false", flag.name, value));
  return *is_yes ? "true" : "false";
}

Normalised normalise(std::span<const char* const> arguments) {
  Normalised result;
  bool only_words = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (only_words || argument.size() < 2 || argument.front() != '-') {
      result.words.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      only_words = true;
      continue;
    }
    const auto text = argument.substr(argument.starts_with("--") ? 2 : 1);
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const Flag* flag = find_flag(name);
    if (flag == nullptr) unknown_flag(argument.substr(0, argument.size() - text.size()), name);

    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = text.substr(equals + 1);
    if (flag->value.empty()) {
      result.options.push_back(
          fmt::format("--{}={}", inner_name(*flag), switch_value(*flag, value.value_or("true"))));
      continue;
    }
    if (!value) {
      if (++i == arguments.size()) throw UsageError(fmt::format("Flag -{} needs a value", flag->name));
      value = arguments[i];
    }
    result.options.push_back(fmt::format("--{}={}", inner_name(*flag), *value));
  }
  return result;
}

cxxopts::Options declare() {
  cxxopts::Options options("orchestrator");
  auto add = options.add_options();
  for (const auto& flag : all_flags()) {
    if (!flag.same_as.empty()) continue;
    const auto inner = inner_name(flag);
    if (flag.value.empty()) {
      add(inner, std::string(flag.meaning), cxxopts::value<bool>());
    } else {
      add(inner, std::string(flag.meaning), cxxopts::value<std::string>());
    }
  }
  return options;
}

void take(const cxxopts::ParseResult& parsed, std::string_view name, std::string& target) {
  const auto inner = inner_name(*find_flag(name));
  if (parsed.count(inner) > 0) target = parsed[inner].as<std::string>();
}

void take(const cxxopts::ParseResult& parsed, std::string_view name, bool& target) {
  const auto inner = inner_name(*find_flag(name));
  if (parsed.count(inner) > 0) target = parsed[inner].as<bool>();
}

std::map<std::string_view, std::string> given_parameters(const cxxopts::ParseResult& parsed) {
  std::map<std::string_view, std::string> given;
  for (const auto& info : parameters()) {
    if (info.flag.empty()) continue;
    const auto inner = inner_name(*find_flag(info.flag));
    if (parsed.count(inner) == 0) continue;
    given[info.flag] = !info.value.empty()        ? parsed[inner].as<std::string>()
                       : parsed[inner].as<bool>() ? "true"
                                                  : "false";
  }
  return given;
}

std::string help_line(std::string_view name, std::string_view value, std::string_view meaning) {
  const auto left = value.empty() ? fmt::format("-{}", name) : fmt::format("-{} {}", name, value);
  return fmt::format("  {:<32}{}\n", left, meaning);
}

}  // namespace

const std::vector<Flag>& all_flags() {
  static const auto flags = make_flags();
  return flags;
}

const std::string* Flags::value(std::string_view flag) const {
  const auto found = given.find(flag);
  return found == given.end() ? nullptr : &found->second;
}

bool Flags::is_on(std::string_view flag) const {
  const auto* text = value(flag);
  return text != nullptr && *text == "true";
}

Flags parse_flags(std::span<const char* const> arguments) {
  auto normalised = normalise(arguments);
  std::vector<const char*> argv{"orchestrator"};
  for (const auto& option : normalised.options) argv.push_back(option.c_str());

  Flags flags;
  flags.words = std::move(normalised.words);
  try {
    auto options = declare();
    const auto parsed = options.parse(static_cast<int>(argv.size()), argv.data());
    flags.given = given_parameters(parsed);
    take(parsed, "config", flags.config);
    take(parsed, "c", flags.command);
    take(parsed, "discovery", flags.discovery);
    take(parsed, "verbose", flags.verbose);
    take(parsed, "debug", flags.debug);
    take(parsed, "stack", flags.stack);
    take(parsed, "help", flags.help);
    take(parsed, "version", flags.version);
    flags.command_given = parsed.count(inner_name(first_flag)) > 0;
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(error.what());
  }
  return flags;
}

void hide_secrets(std::span<char* const> arguments) {
  const auto is_secret = [](std::string_view flag) {
    return std::ranges::any_of(parameters(),
                               [&](const auto& info) { return info.is_secret && info.flag == flag; });
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") return;
    if (!argument.starts_with('-')) continue;
    const auto text = argument.substr(argument.starts_with("--") ? 2 : 1);
    const auto name = text.substr(0, text.find('='));
    const auto* flag = find_flag(name);
    const bool has_value = name.size() < text.size();
    char* value = nullptr;
    if (is_secret(name)) {
      value = has_value ? arguments[i] + (argument.size() - text.size()) + name.size() + 1
                        : (i + 1 < arguments.size() ? arguments[i + 1] : nullptr);
    }
    for (; value != nullptr && *value != '\0'; ++value) *value = 'x';
    if (flag != nullptr && !flag->value.empty() && !has_value) ++i;
  }
}

std::string flags_help() {
  std::string text;
  for (const auto& flag : all_flags()) {
    text += flag.same_as.empty()
                ? help_line(flag.name, flag.value, flag.meaning)
                : help_line(flag.name, flag.value, fmt::format("the same as -{}", flag.same_as));
    for (const auto& info : parameters()) {
      if (info.flag == flag.name && info.value != flag.value)
        text += help_line(info.flag, info.value, info.meaning);
    }
  }
  return text;
}

std::string server_flags_help(bool with_discovery) {
  std::string text;
  for (const auto& flag : other_flags) {
    if (flag.same_as.empty() && (with_discovery || flag.name != "discovery"))
      text += help_line(flag.name, flag.value, flag.meaning);
  }
  return text;
}

}  // namespace orchestrator
