#include "common/flags.h"

// The cxxopts parser that does not use std::regex: it starts faster and accepts any character in a value.
#define CXXOPTS_NO_REGEX
#include <fmt/format.h>

#include <cxxopts.hpp>
#include <optional>
#include <string_view>

namespace orchestrator {
namespace {

// cxxopts treats names of one letter as short options; -c, -i and -s have long names inside.
struct Flag {
  std::string_view name;
  std::string_view inner;
  bool is_switch;
  std::string_view value_name;
  std::string_view meaning;
};

constexpr Flag flag_table[] = {
    {"c", "command", false, "COMMAND", "what to do; `orchestrator help` lists the commands"},
    {"i", "instance", false, "HOST[:PORT]", "the instance to work on"},
    {"s", "sibling", false, "HOST[:PORT]", "a second instance: sibling or destination"},
    {"pattern", "pattern", false, "REGEXP", "which instances, by host name"},
    {"alias", "alias", false, "ALIAS", "a cluster's alias"},
    {"owner", "owner", false, "NAME", "owner of the maintenance lock; default: the current user"},
    {"reason", "reason", false, "TEXT", "reason for the maintenance"},
    {"duration", "duration", false, "NUMBER UNIT", "how long maintenance lasts: 90s, 15m, 2h, 1d, 1w"},
    {"d", "sibling", false, "HOST[:PORT]", ""},
    {"binlog", "binlog", false, "FILE:POSITION", "coordinates in the binary log of the instance"},
    {"strict", "strict", true, "", "search thoroughly where a quick search is the default"},
    {"replication-user", "replication-user", false, "USER", "the account that a co-master replicates with"},
    {"replication-password", "replication-password", false, "PASSWORD",
     "its password; a credentials file keeps it from other users of this host"},
    {"replication-credentials", "replication-credentials", false, "FILE",
     "user and password of that account, in the form of my.cnf"},
    {"dry-run", "dry-run", true, "", "print the plan, and change nothing"},
    {"config", "config", false, "FILE", "read this configuration file and no other"},
    {"discovery", "discovery", true, "", "http: poll the known instances all the time (default true)"},
    {"verbose", "verbose", true, "", "log what is done"},
    {"debug", "debug", true, "", "log everything"},
    {"stack", "stack", true, "", "print the stack trace of an error"},
    {"help", "help", true, "", "explain the programs, or the command named by -c"},
    {"h", "help", true, "", ""},
    {"version", "version", true, "", "print the version"},
};

const Flag* find_flag(std::string_view name) {
  for (const auto& flag : flag_table) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

struct Normalised {
  std::vector<std::string> options;  // "--inner=value"
  std::vector<std::string> words;
};

std::string switch_value(const Flag& flag, std::string_view value) {
  for (const auto yes : {"true", "1", "t", "T", "TRUE", "True"}) {
    if (value == yes) return "true";
  }
  for (const auto no : {"false", "0", "f", "F", "FALSE", "False"}) {
    if (value == no) return "false";
  }
  throw UsageError(fmt::format("Flag -{} is \"{}\"; expected true or false", flag.name, value));
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
    if (flag == nullptr)
      throw UsageError(fmt::format("There is no flag {}", argument.substr(0, argument.find('='))));

    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = text.substr(equals + 1);
    if (flag->is_switch) {
      result.options.push_back(
          fmt::format("--{}={}", flag->inner, switch_value(*flag, value.value_or("true"))));
      continue;
    }
    if (!value) {
      if (++i == arguments.size()) throw UsageError(fmt::format("Flag -{} needs a value", flag->name));
      value = arguments[i];
    }
    result.options.push_back(fmt::format("--{}={}", flag->inner, *value));
  }
  return result;
}

cxxopts::Options declare() {
  cxxopts::Options options("orchestrator");
  auto add = options.add_options();
  for (const auto& flag : flag_table) {
    if (flag.meaning.empty()) continue;  // an alias of the flag before it
    const std::string inner(flag.inner);
    if (flag.is_switch) {
      add(inner, std::string(flag.meaning), cxxopts::value<bool>());
    } else {
      add(inner, std::string(flag.meaning), cxxopts::value<std::string>());
    }
  }
  return options;
}

void take(const cxxopts::ParseResult& parsed, const char* name, std::string& target) {
  if (parsed.count(name) > 0) target = parsed[name].as<std::string>();
}

void take(const cxxopts::ParseResult& parsed, const char* name, bool& target) {
  if (parsed.count(name) > 0) target = parsed[name].as<bool>();
}

}  // namespace

Flags parse_flags(std::span<const char* const> arguments) {
  auto normalised = normalise(arguments);
  std::vector<const char*> argv{"orchestrator"};
  for (const auto& option : normalised.options) argv.push_back(option.c_str());

  Flags flags;
  flags.words = std::move(normalised.words);
  try {
    auto options = declare();
    const auto parsed = options.parse(static_cast<int>(argv.size()), argv.data());
    take(parsed, "config", flags.config);
    take(parsed, "command", flags.command);
    take(parsed, "instance", flags.instance);
    take(parsed, "sibling", flags.sibling);
    take(parsed, "owner", flags.owner);
    take(parsed, "reason", flags.reason);
    take(parsed, "duration", flags.duration);
    take(parsed, "pattern", flags.pattern);
    take(parsed, "alias", flags.alias);
    take(parsed, "binlog", flags.binlog);
    take(parsed, "replication-user", flags.replication_user);
    take(parsed, "replication-password", flags.replication_password);
    take(parsed, "replication-credentials", flags.replication_credentials);
    take(parsed, "strict", flags.strict);
    take(parsed, "dry-run", flags.dry_run);
    take(parsed, "discovery", flags.discovery);
    take(parsed, "verbose", flags.verbose);
    take(parsed, "debug", flags.debug);
    take(parsed, "stack", flags.stack);
    take(parsed, "help", flags.help);
    take(parsed, "version", flags.version);
    flags.instance_given = parsed.count("instance") > 0;
    flags.command_given = parsed.count("command") > 0;
    flags.alias_given = parsed.count("alias") > 0;
  } catch (const cxxopts::exceptions::exception& error) {
    throw UsageError(error.what());
  }
  return flags;
}

void hide_secrets(std::span<char* const> arguments) {
  constexpr std::string_view secret = "replication-password";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") return;
    if (!argument.starts_with('-')) continue;
    const auto text = argument.substr(argument.starts_with("--") ? 2 : 1);
    const auto name = text.substr(0, text.find('='));
    const auto* flag = find_flag(name);
    const bool has_value = name.size() < text.size();
    char* value = nullptr;
    if (name == secret) {
      value = has_value ? arguments[i] + (argument.size() - text.size()) + name.size() + 1
                        : (i + 1 < arguments.size() ? arguments[i + 1] : nullptr);
    }
    for (; value != nullptr && *value != '\0'; ++value) *value = 'x';
    if (flag != nullptr && !flag->is_switch && !has_value) ++i;
  }
}

std::string flags_help() {
  std::string text;
  for (const auto& flag : flag_table) {
    if (flag.meaning.empty()) continue;
    const auto left =
        flag.is_switch ? fmt::format("-{}", flag.name) : fmt::format("-{} {}", flag.name, flag.value_name);
    text += fmt::format("  {:<32}{}\n", left, flag.meaning);
  }
  return text;
}

}  // namespace orchestrator
