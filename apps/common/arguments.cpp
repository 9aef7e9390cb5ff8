#include "common/arguments.h"

#include <fmt/format.h>

#include "common/flags.h"
#include "common/operation.h"
#include "topo/base/error.h"
#include "topo/base/node_identity.h"

namespace orchestrator {
namespace {

[[noreturn]] void missing(std::string_view what) {
  throw topo::Error(topo::Code::invalid_argument, fmt::format("Cannot deduce {}", what));
}

std::string this_named_host() {
  auto name = topo::this_host();
  if (!name.empty()) return name;
  throw topo::Error(topo::Code::invalid_argument,
                    "This host has no name; name the instance with -i host:port");
}

std::string complaint(Parameter parameter) {
  switch (parameter) {
    case Parameter::instance: return "instance: give it with -i host:port";
    case Parameter::sibling: return "sibling: give it with -s host:port";
    case Parameter::cluster: return "cluster: give its name, its alias or one of its instances with -i";
    case Parameter::alias: return "alias: give it with -alias";
    case Parameter::pattern: return "pattern: give it with -pattern";
    case Parameter::search: return "text to search for: give it with -pattern";
    case Parameter::page: return "page";
    case Parameter::subject: return "subject";
    case Parameter::owner: return "owner: give it with -owner";
    case Parameter::reason: return "reason: give it with -reason";
    case Parameter::duration: return "duration: give it with -duration";
    case Parameter::dry_run: return "dry run";
    case Parameter::maintenance: return "maintenance key";
    case Parameter::process: return "process id";
    case Parameter::strict: return "strictness";
    case Parameter::binlog: return "coordinates: give them with -binlog file:position";
    case Parameter::replication_user: return "account: give it with -replication-user";
    case Parameter::replication_password: return "password: give it with -replication-password";
    case Parameter::replication_credentials: return "file: give it with -replication-credentials";
  }
  return "argument";
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
  if (!instance_) missing(complaint(Parameter::instance));
  return *instance_;
}

const topo::InstanceKey& Arguments::sibling() const {
  if (!sibling_) missing(complaint(Parameter::sibling));
  return *sibling_;
}

bool Arguments::is_on(Parameter parameter) const {
  if (!has(parameter)) return false;
  const auto value = text(parameter);
  return value != "false" && value != "0" && value != "no";
}

std::string_view Arguments::text(Parameter parameter) const {
  const auto& text = texts_[index(parameter)];
  return text ? std::string_view(*text) : std::string_view();
}

Arguments arguments_from_flags(const Operation& operation, const Flags& flags, std::uint16_t default_port) {
  Arguments arguments;
  if (!flags.pattern.empty()) {
    arguments.set_text(Parameter::pattern, flags.pattern);
    arguments.set_text(Parameter::search, flags.pattern);
  }
  if (flags.alias_given) arguments.set_text(Parameter::alias, flags.alias);
  if (!flags.owner.empty()) arguments.set_text(Parameter::owner, flags.owner);
  if (!flags.reason.empty()) arguments.set_text(Parameter::reason, flags.reason);
  if (!flags.duration.empty()) arguments.set_text(Parameter::duration, flags.duration);
  if (flags.dry_run) arguments.set_text(Parameter::dry_run, "true");
  if (flags.strict) arguments.set_text(Parameter::strict, "true");
  if (!flags.binlog.empty()) arguments.set_text(Parameter::binlog, flags.binlog);
  if (!flags.replication_user.empty())
    arguments.set_text(Parameter::replication_user, flags.replication_user);
  if (!flags.replication_password.empty())
    arguments.set_text(Parameter::replication_password, flags.replication_password);
  if (!flags.replication_credentials.empty())
    arguments.set_text(Parameter::replication_credentials, flags.replication_credentials);
  if (!flags.sibling.empty()) arguments.set_sibling(topo::InstanceKey::parse(flags.sibling, default_port));

  for (const auto& use : operation.parameters) {
    if (use.parameter == Parameter::instance) {
      if (flags.instance_given) {
        arguments.set_instance(topo::InstanceKey::parse(flags.instance, default_port));
      } else if (use.need == Need::implicit) {
        arguments.set_instance({this_named_host(), default_port});
      }
    } else if (use.parameter == Parameter::cluster) {
      if (flags.instance_given) {
        if (flags.instance.empty()) missing(complaint(Parameter::cluster));
        arguments.set_text(Parameter::cluster, flags.instance);
      } else if (use.need == Need::implicit) {
        arguments.set_text(Parameter::cluster, topo::InstanceKey{this_named_host(), default_port}.display());
      }
    } else if (use.parameter == Parameter::subject && !flags.words.empty()) {
      arguments.set_text(Parameter::subject, flags.words.back());
    }
  }
  return arguments;
}

void require_complete(const Operation& operation, const Arguments& arguments) {
  for (const auto& use : operation.parameters) {
    if (use.need != Need::optional && !arguments.has(use.parameter)) missing(complaint(use.parameter));
  }
}

}  // namespace orchestrator
