#include "common/arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/flags.h"
#include "common/operation.h"
#include "topo/base/error.h"
#include "topo/base/node_identity.h"

namespace orchestrator {
namespace {

[[noreturn]] void missing(std::string_view what) {
  throw topo::Error(topo::Code::invalid_argument, fmt::format("Missing {}", what));
}

std::string this_named_host() {
  auto name = topo::this_host();
  if (!name.empty()) return name;
  throw topo::Error(topo::Code::invalid_argument,
                    "This host has no name; name the instance with -i host:port");
}

bool takes_flag(const Operation& operation, std::string_view flag) {
  return std::ranges::any_of(operation.parameters,
                             [&](const ParameterUse& use) { return info_of(use.parameter).flag == flag; });
}

// Whether a parameter of the operation that comes first has the same flag: a cluster may be named by an
// instance.
bool is_other_name(const Operation& operation, Parameter parameter) {
  for (const auto& use : operation.parameters) {
    if (use.parameter == parameter) return false;
    if (info_of(use.parameter).flag == info_of(parameter).flag) return !info_of(parameter).flag.empty();
  }
  return false;
}

// A changing operation that ignored such a flag would do something else than was asked for.
bool must_not_ignore(const Operation& operation, const ParameterInfo& info) {
  return operation.access == Access::write && info.names_what_to_do;
}

}  // namespace

bool Arguments::has(Parameter parameter) const {
  switch (parameter) {
    case Parameter::instance: return instance_.has_value();
    case Parameter::sibling: return sibling_.has_value();
    default: return texts_[index(parameter)].has_value();
  }
}

const topo::InstanceKey& Arguments::instance() const {
  if (!instance_) missing(how_to_give(Parameter::instance));
  return *instance_;
}

const topo::InstanceKey& Arguments::sibling() const {
  if (!sibling_) missing(how_to_give(Parameter::sibling));
  return *sibling_;
}

bool Arguments::is_on(Parameter parameter) const {
  if (!has(parameter)) return false;
  const auto value = text(parameter);
  if (value.empty()) return true;
  const auto is_yes = switch_state(value);
  if (!is_yes) {
    throw topo::Error(topo::Code::invalid_argument,
                      fmt::format("{} is \"{}\"; expected true or false", info_of(parameter).flag, value));
  }
  return *is_yes;
}

std::string_view Arguments::text(Parameter parameter) const {
  const auto& text = texts_[index(parameter)];
  return text ? std::string_view(*text) : std::string_view();
}

Arguments arguments_from_flags(const Operation& operation, const Flags& flags, std::uint16_t default_port) {
  for (const auto& info : parameters()) {
    if (!flags.value(info.flag) || takes_flag(operation, info.flag) || !must_not_ignore(operation, info))
      continue;
    throw topo::Error(topo::Code::invalid_argument,
                      fmt::format("{} does not take -{}; see orchestrator help {}", operation.name, info.flag,
                                  operation.name));
  }
  Arguments arguments;
  for (const auto& [parameter, need] : operation.parameters) {
    const auto* given = flags.value(info_of(parameter).flag);
    if (is_other_name(operation, parameter)) continue;
    switch (parameter) {
      case Parameter::instance:
        if (given != nullptr)
          arguments.set(Parameter::instance, topo::InstanceKey::parse(*given, default_port));
        else if (need == Need::implicit)
          arguments.set(Parameter::instance, {this_named_host(), default_port});
        break;
      case Parameter::sibling:
        if (given != nullptr && !given->empty())
          arguments.set(Parameter::sibling, topo::InstanceKey::parse(*given, default_port));
        break;
      case Parameter::cluster:
        if (given != nullptr && given->empty()) missing(how_to_give(parameter));
        if (given != nullptr)
          arguments.set_text(parameter, *given);
        else if (need == Need::implicit)
          arguments.set_text(parameter, topo::InstanceKey{this_named_host(), default_port}.display());
        break;
      case Parameter::subject:
        if (!flags.words.empty()) arguments.set_text(parameter, flags.words.back());
        break;
      default:
        // An empty alias removes the alias; other values that are empty count as not given.
        if (given != nullptr && (!given->empty() || parameter == Parameter::alias))
          arguments.set_text(parameter, *given);
    }
  }
  return arguments;
}

std::vector<std::string> ignored_flags(const Operation& operation, const Flags& flags) {
  std::vector<std::string> texts;
  for (const auto& info : parameters()) {
    if (!flags.value(info.flag) || takes_flag(operation, info.flag) || must_not_ignore(operation, info))
      continue;
    texts.push_back(fmt::format("-{} is ignored: {} does not take it", info.flag, operation.name));
  }
  return texts;
}

std::optional<Parameter> missing_parameter(const Operation& operation, const Arguments& arguments) {
  const auto has_other_name = [&](Parameter parameter) {
    return std::ranges::any_of(operation.parameters, [&](const ParameterUse& use) {
      return is_other_name(operation, use.parameter) &&
             info_of(use.parameter).flag == info_of(parameter).flag && arguments.has(use.parameter);
    });
  };
  for (const auto& use : operation.parameters) {
    if (use.need == Need::optional || arguments.has(use.parameter) || has_other_name(use.parameter)) continue;
    return use.parameter;
  }
  return std::nullopt;
}

void require_complete(const Operation& operation, const Arguments& arguments) {
  if (const auto parameter = missing_parameter(operation, arguments)) missing(how_to_give(*parameter));
}

}  // namespace orchestrator
