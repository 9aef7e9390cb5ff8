// Operations that return stored data about instances. No monitored server is contacted.
#include <fmt/format.h>

#include "common/actions.h"
#include "common/ascii_case.h"
#include "common/catalogue.h"
#include "common/locate.h"
#include "common/session.h"
#include "topo/topology/candidate.h"
#include "topo/topology/former_master.h"
#include "topo/topology/move_targets.h"
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
  return Reply::bare(search_instances(session, trimmed(arguments.text(Parameter::search))));
}

Reply problems(Session& session, const Arguments&) {
  return Reply::bare(find_problems(session));
}

Reply long_queries(Session& session, const Arguments& arguments) {
  return Reply::bare(session.store().instances().long_queries(arguments.text(Parameter::search)));
}

Reply get_candidate(Session& session, const Arguments& arguments) {
  const auto master = find_key(session, arguments.instance());
  const auto denied =
      topo::refactor::matching_host(session.configuration().deny_auto_promotion_hostname_pattern);
  auto& instances = session.store().instances();
  const auto known = instances.read(master);
  topo::Instance unknown;
  unknown.key = master;
  topo::Choosing how{denied, topo::rule_limits(session.configuration()), topo::ReplicaProgress::available};
  how.may_catch_up = session.configuration().apply_mysql_promotion_after_master_failover;
  return Reply::bare(topo::best_of(
      topo::rank_candidates(instances.read_replicas(master), known ? known->instance : unknown, how),
      master));
}

// The stored topology of the cluster, and of another one ("": none), with their locks.
topo::Topology topology_around(Session& session, const topo::KnownInstance& known,
                               const std::string& other_cluster = {}) {
  auto cluster = session.store().instances().read_cluster(known.instance.cluster_name);
  if (!other_cluster.empty())
    for (auto& one : session.store().instances().read_cluster(other_cluster))
      cluster.push_back(std::move(one));
  topo::note_locks(session.store().maintenance().active(), cluster);
  return topo::Topology(std::move(cluster));
}

Reply targets_of_moves(Session& session, const Arguments& arguments) {
  const auto known = find_instance(session, arguments.instance());
  const auto topology = topology_around(session, known);
  return Reply::bare(MoveTargets{
      known.instance.key,
      topo::move_targets(topology, known.instance.key, topo::rule_limits(session.configuration()))});
}

Reply actions(Session& session, const Arguments& arguments) {
  const auto known = find_instance(session, arguments.instance());
  const auto topology = topology_around(
      session, known, topo::is_returned(known) ? known.replaced->successor_cluster_name : std::string());
  return Reply::bare(
      Actions{known.instance.key, actions_on(topology, known, topo::rule_limits(session.configuration()))});
}

Reply instance(Session& session, const Arguments& arguments) {
  return Reply::bare(find_instance(session, arguments.instance()));
}

Reply which_instance(Session& session, const Arguments& arguments) {
  return Reply::bare(find_instance(session, arguments.instance()).instance.key);
}

Reply which_master(Session& session, const Arguments& arguments) {
  auto master = find_instance(session, arguments.instance()).instance.master_key();
  return master ? Reply::bare(*std::move(master)) : Reply::bare({});
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
      .summary = "List the instances whose name, cluster, alias or version contains a text",
      .help =
          R"(The alias is that of the cluster. Also finds the instances whose server id or port equals the text. Without a
text, lists all instances.

  orchestrator -c search -pattern 5.6.
)",
      .routes = {"/api/search", "/api/search?s=:searchString", "/api/search/:searchString"},
      .cacheable = true,
      .returns = returns_bare<InstanceList>(),
      .handler = search};
}

Operation problems_op() {
  return {
      .name = "problems",
      .summary = "List the instances that have a problem",
      .help =
          R"(An instance has a problem if it could not be read, was not read recently, or if its replication is stopped or
lags (ReasonableReplicationLagSeconds). The worst problems come first, then the largest lags.
`instance-status` shows what is wrong with an instance.

  orchestrator -c problems
)",
      .routes = {"/api/problems"},
      .cacheable = true,
      .returns = returns_bare<InstanceList>(),
      .handler = problems};
}

Operation long_queries_op() {
  return {
      .name = "long-queries",
      .parameters = {{Parameter::search, Need::optional}},
      .summary = "List queries that ran for more than a minute when their instance was last read",
      .help =
          R"(Queries of replication and of the event scheduler are left out. With a text, lists only queries that have it
in host, user, schema, command, state or query. Each line has instance, process, user, schema, seconds and query.

  orchestrator -c long-queries -pattern reports
)",
      .routes = {"/api/long-queries", "/api/long-queries/:searchString"},
      .cacheable = true,
      .returns = returns_bare<LongQueryList>(),
      .handler = long_queries};
}

Operation get_candidate_op() {
  return {
      .name = "get-candidate-slave",
      .aliases = {"get-candidate-replica"},
      .parameters = {{Parameter::instance}},
      .summary = "Show the best candidate among the replicas of an instance",
      .help =
          R"(The one that `recover` would choose if its master died now: by what it has or can get from another replica, by
what it can serve, and by its promotion rule (register-candidate). While replication runs, this is an estimate.

  orchestrator -c get-candidate-slave -i db1.example.com
)",
      .routes = {"/api/get-candidate-slave/:host/:port"},
      .returns = returns_bare<topo::InstanceKey>(),
      .handler = get_candidate};
}

Operation instance_op() {
  return {.name = "instance",
          .parameters = {{Parameter::instance}},
          .summary = "Show the stored data of an instance",
          .help = "Returns the instance as of its last poll.\n",
          .on_command_line = false,
          .routes = {"/api/instance/:host/:port"},
          .cacheable = true,
          .returns = returns_bare<topo::KnownInstance>(),
          .handler = instance};
}

Operation move_targets_op() {
  return {
      .name = "move-targets",
      .parameters = {{Parameter::instance}},
      .summary = "Show where in its cluster an instance may be moved",
      .help =
          R"(Two lines per instance: by coordinates or GTID, and by Pseudo-GTID. Each line has host:port, the operation for
the move or `no`, and the objection. From the backend only: the operation itself reads the servers again.

  orchestrator -c move-targets -i db3.example.com
)",
      .routes = {"/api/move-targets/:host/:port"},
      .cacheable = true,
      .returns = returns_bare<MoveTargets>(),
      .handler = targets_of_moves};
}

Operation actions_op() {
  return {
      .name = "actions",
      .parameters = {{Parameter::instance}},
      .summary = "List the operations that make sense on an instance, and why some are refused now",
      .help =
          R"(Each line has the operation, `yes` or `no`, and the reason. From the backend only: the operation itself reads
the servers again. Operations that need a second instance are left out, and listed by move-targets, except
multi-match-slaves, which is listed with each sibling below which the replicas may be moved.

  orchestrator -c actions -i db3.example.com
)",
      .routes = {"/api/actions/:host/:port"},
      .cacheable = true,
      .returns = returns_bare<Actions>(),
      .handler = actions};
}

Operation which_slaves_op() {
  auto operation =
      instance_operation("which-slaves", "List the known replicas of an instance",
                         R"(Prints one host:port per line; nothing for an instance without replicas.

  orchestrator -c which-slaves -i db1.example.com
)",
                         which_slaves);
  operation.aliases = {"which-replicas"};
  return operation;
}

Operation instance_status_op() {
  auto operation = instance_operation(
      "instance-status", "Show the status of an instance",
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
          long_queries_op(),
          get_candidate_op(),
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
          move_targets_op(),
          actions_op(),
          instance_status_op()};
}

}  // namespace orchestrator
