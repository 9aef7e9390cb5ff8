// What is known of instances. Nothing here contacts a monitored server.
#include <fmt/format.h>

#include <algorithm>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/session.h"
#include "topo/topology/status.h"

namespace orchestrator {
namespace {

Reply find(Session& session, const Arguments& arguments) {
  KeyList keys;
  for (auto& known : session.store().instances().find(arguments.text(Parameter::pattern))) {
    keys.push_back(std::move(known.instance.key));
  }
  return Reply::bare(std::move(keys));
}

Reply search(Session& session, const Arguments& arguments) {
  return Reply::bare(session.store().instances().search(arguments.text(Parameter::search)));
}

Reply problems(Session& session, const Arguments&) {
  const auto limits = session.limits();
  auto suspects = session.store().instances().read_suspects(limits.poll_interval, limits.reasonable_lag);
  std::erase_if(suspects, [&](const auto& known) { return topo::problems_of(known, limits).empty(); });
  return Reply::bare(std::move(suspects));
}

Reply instance(Session& session, const Arguments& arguments) {
  return Reply::bare(find_instance(session, arguments.instance()));
}

Reply which_instance(Session& session, const Arguments& arguments) {
  return Reply::bare(find_instance(session, arguments.instance()).instance.key);
}

Reply which_master(Session& session, const Arguments& arguments) {
  auto master = find_instance(session, arguments.instance()).instance.master_key();
  return master.valid() ? Reply::bare(std::move(master)) : Reply::bare({});
}

Reply which_slaves(Session& session, const Arguments& arguments) {
  KeyList keys;
  for (auto& known : session.store().instances().read_replicas(find_key(session, arguments.instance()))) {
    keys.push_back(std::move(known.instance.key));
  }
  return Reply::bare(std::move(keys));
}

Reply instance_status(Session& session, const Arguments& arguments) {
  return Reply::bare(Text{topo::describe(find_instance(session, arguments.instance()), session.limits())});
}

Operation instance_operation(std::string_view name, std::string_view summary, std::string_view help,
                             Handler handler) {
  Operation operation;
  operation.name = name;
  operation.group = Group::information;
  operation.parameters = {{Parameter::instance, Need::implicit}};
  operation.summary = summary;
  operation.help = help;
  operation.handler = std::move(handler);
  return operation;
}

Operation find_op() {
  return {
      .name = "find",
      .parameters = {{Parameter::pattern}},
      .summary = "List the instances whose host name matches a regular expression",
      .help = R"(The pattern may match any part of the host name, in upper or lower case; it is in RE2 syntax.

  orchestrator -c find -pattern "^db[0-9]+[.]eu[.]"
)",
      .handler = find};
}

Operation search_op() {
  return {
      .name = "search",
      .parameters = {{Parameter::search, Need::optional}},
      .summary = "List the instances that have a text in their name, cluster or version",
      .help =
          R"(Also finds the instances that have the text for server id or port. Without a text all are listed.

  orchestrator -c search -pattern 5.6.
)",
      .routes = {"/api/search", "/api/search?s=:searchString", "/api/search/:searchString"},
      .cacheable = true,
      .handler = search};
}

Operation problems_op() {
  return {
      .name = "problems",
      .summary = "List the instances that have a problem",
      .help =
          R"(Those that could not be read, that were not read lately, whose replication does not run or lags
(ReasonableReplicationLagSeconds). `instance-status` tells what is wrong with one of them.

  orchestrator -c problems
)",
      .routes = {"/api/problems"},
      .cacheable = true,
      .handler = problems};
}

Operation instance_op() {
  return {.name = "instance",
          .parameters = {{Parameter::instance}},
          .summary = "All that is known of an instance",
          .help = "Answers with the instance as it was read last.\n",
          .on_command_line = false,
          .routes = {"/api/instance/:host/:port"},
          .cacheable = true,
          .handler = instance};
}

Operation which_slaves_op() {
  auto operation = instance_operation("which-slaves", "List the known replicas of an instance",
                                      R"(One host:port a line; nothing for an instance that has none.

  orchestrator -c which-slaves -i db1.example.com
)",
                                      which_slaves);
  operation.aliases = {"which-replicas"};
  return operation;
}

Operation instance_status_op() {
  auto operation = instance_operation(
      "instance-status", "Show in a word how an instance does",
      R"(Prints status, version and binary log format, as `topology` does, and >> for an instance that
logs what it replicates.

  orchestrator -c instance-status -i db2.example.com:3307
)",
      instance_status);
  operation.aliases = {"replication-status"};
  return operation;
}

}  // namespace

Catalogue information_operations() {
  return {find_op(),
          search_op(),
          problems_op(),
          instance_op(),
          instance_operation("which-instance", "Show the name that an instance is known by",
                             R"(Fails for an instance that is not known.

  orchestrator -c which-instance -i db1
)",
                             which_instance),
          instance_operation("which-master", "Show the master of an instance",
                             R"(Prints nothing for an instance that does not replicate.

  orchestrator -c which-master -i db2.example.com
)",
                             which_master),
          which_slaves_op(),
          instance_status_op()};
}

}  // namespace orchestrator
