#include "common/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/catalogue.h"
#include "common/flags.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr Group groups[] = {Group::information, Group::refactoring, Group::replication, Group::recovery,
                            Group::maintenance, Group::management,  Group::service};

std::string_view title_of(Group group) {
  switch (group) {
    case Group::information: return "Information";
    case Group::refactoring: return "Moving replicas";
    case Group::replication: return "Replication of one instance";
    case Group::recovery: return "Failure detection and recovery";
    case Group::maintenance: return "Locks";
    case Group::management: return "Discovery";
    case Group::service: return "Orchestrator itself";
  }
  return "";
}

// "-pattern REGEXP"; "": the command line has none.
std::string flag_of(Parameter parameter) {
  const auto& info = info_of(parameter);
  if (info.flag.empty()) return std::string(info.value);
  return fmt::format("-{}{}{}", info.flag, info.value.empty() ? "" : " ", info.value);
}

// The longest name plus two blanks.
std::size_t name_width() {
  std::size_t longest = 0;
  for (const auto& operation : catalogue()) {
    if (operation.on_command_line) longest = std::max(longest, operation.name.size());
  }
  return longest + 2;
}

std::string synopsis(const Operation& operation) {
  auto text = fmt::format("orchestrator -c {}", operation.name);
  for (const auto& use : operation.parameters) {
    const auto flag = flag_of(use.parameter);
    const bool is_listed =
        std::ranges::any_of(std::span(operation.parameters.data(), &use), [&](const ParameterUse& earlier) {
          return info_of(earlier.parameter).flag == info_of(use.parameter).flag;
        });
    if (flag.empty() || is_listed) continue;
    text += use.need == Need::required ? fmt::format(" {}", flag) : fmt::format(" [{}]", flag);
  }
  return text;
}

}  // namespace

std::string general_help() {
  std::string text =
      R"(orchestrator discovers, shows and rearranges MySQL and MariaDB replication topologies, and recovers the replicas
of dead masters.

  orchestrator -c COMMAND [-i INSTANCE] [FLAG]... [cli]    do one thing
  orchestrator [FLAG]... http                              serve the API and the web pages
  orchestrator help COMMAND                                explain a command

Flags, with one dash or two:
)";
  text += flags_help();
  for (const auto group : groups) {
    text += fmt::format("\n{}:\n", title_of(group));
    for (const auto& operation : catalogue()) {
      if (operation.group == group && operation.on_command_line) {
        text += fmt::format("  {:<{}}{}\n", operation.name, name_width(), operation.summary);
      }
    }
  }
  return text;
}

std::string operation_help(const Operation& operation) {
  std::string text;
  if (operation.on_command_line) text += synopsis(operation) + "\n\n";
  text += fmt::format("{}.\n\n{}", operation.summary, operation.help);
  if (!operation.aliases.empty()) text += fmt::format("\nAlso: {}\n", fmt::join(operation.aliases, ", "));
  if (!operation.routes.empty()) text += fmt::format("\nAPI: {}\n", fmt::join(operation.routes, "\n     "));
  return text;
}

std::string unknown_command(std::string_view name) {
  constexpr std::size_t shown = 80;
  const auto* nearest = nearest_operation(name);
  return nearest != nullptr ? fmt::format("Unknown command: {}; did you mean {}?", name, nearest->name)
                            : fmt::format("Unknown command: {}; `orchestrator help` lists the commands",
                                          name.substr(0, shown));
}

std::string unknown_mode(std::string_view word) {
  const auto* operation = find_operation(word);
  return operation != nullptr && operation->on_command_line
             ? fmt::format("Unknown mode \"{}\"; did you mean -c {}?", word, word)
             : fmt::format("Unknown mode \"{}\"; expected cli or http, and a command with -c", word);
}

std::string help_on(std::string_view subject) {
  if (subject.empty()) return general_help();
  if (subject == "reference") return reference();
  const auto* operation = find_operation(subject);
  if (operation == nullptr) throw topo::Error(topo::Code::not_found, unknown_command(subject));
  return operation_help(*operation);
}

std::string reference() {
  std::string text =
      "# Commands and API\n\nEvery route answers GET. Routes marked *changes* need the right to make "
      "changes.\n";
  for (const auto group : groups) {
    text += fmt::format("\n## {}\n", title_of(group));
    for (const auto& operation : catalogue()) {
      if (operation.group != group) continue;
      text += fmt::format("\n### {}{}\n\n```\n{}```\n", operation.name,
                          operation.access == Access::write ? " (*changes*)" : "", operation_help(operation));
    }
  }
  return text;
}

}  // namespace orchestrator
