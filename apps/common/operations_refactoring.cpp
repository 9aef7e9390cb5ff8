// Moving replicas about a topology by classic replication commands.
#include <fmt/format.h>
#include <spdlog/logger.h>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/refactoring_reply.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/config/credentials.h"
#include "topo/refactor/subject.h"

namespace orchestrator {
namespace {

using topo::InstanceKey;

Reply move_up(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().move_up(key, request_of(session, arguments));
  return moved_one(session, report, fmt::format("Instance {} moved up", key.display()));
}

Reply move_up_slaves(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().move_up_replicas(key, request_of(session, arguments));
  return moved_several(session, report,
                       fmt::format("Moved up {} slaves of {} below {}", report.outcome.moved.size(),
                                   key.display(), report.subject.master_key().display()),
                       key, itself);
}

Reply move_below(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto sibling = find_destination(session, arguments.sibling());
  const auto report = session.refactoring().move_below(key, sibling, request_of(session, arguments));
  return moved_one(session, report,
                   fmt::format("Instance {} moved below {}", key.display(), sibling.display()));
}

Reply enslave_siblings(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().enslave_siblings(key, request_of(session, arguments));
  if (report.was_dry_run) return dry_run_reply(report);
  const auto message = fmt::format("Enslaved {} siblings of {}", report.outcome.moved.size(), key.display());
  const bool all_moved = report.outcome.failed.empty() && report.plan.refused.empty();
  auto reply = Reply::with_details(all_moved ? message : with_errors(report, message), live(report.subject));
  reply.printed = key.display();
  return told(session, report, std::move(reply));
}

Reply enslave_master(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().enslave_master(key, request_of(session, arguments));
  return moved_one(session, report, fmt::format("Instance {} took the place of its master", key.display()));
}

Reply repoint(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  std::optional<InstanceKey> master;
  if (arguments.has(Parameter::sibling))
    master = topo::refactor::repoint_destination(session.context(), key, arguments.sibling());
  const auto report = session.refactoring().repoint(key, master, request_of(session, arguments));
  return moved_one(
      session, report,
      fmt::format("Instance {} repointed to {}", key.display(), report.subject.master_key().display()));
}

Reply repoint_slaves(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().repoint_replicas(key, request_of(session, arguments));
  return moved_several(
      session, report, fmt::format("Repointed {} slaves of {}", report.outcome.moved.size(), key.display()),
      key,
      [&](const InstanceKey& replica) { return fmt::format("{}<{}", replica.display(), key.display()); });
}

// As flags give it; nullopt: they do not.
std::optional<topo::mysql::ReplicationAccount> account_of(Session& session, const Arguments& arguments) {
  using topo::Code;
  using topo::Error;
  topo::mysql::ReplicationAccount account;
  account.user = arguments.text(Parameter::replication_user);
  account.password = arguments.text(Parameter::replication_password);
  const bool is_given = !account.user.empty() || !account.password.empty();
  if (const auto file = arguments.text(Parameter::replication_credentials); !file.empty()) {
    if (is_given) {
      throw Error(Code::invalid_argument,
                  "The account to replicate with is given twice: use -replication-credentials, or "
                  "-replication-user and -replication-password");
    }
    std::vector<std::string> warnings;
    auto [user, password] =
        topo::config::read_credentials(std::string(file), "-replication-credentials", warnings);
    for (const auto& warning : warnings) session.log().warn("{}", warning);
    account.user = std::move(user);
    account.password = std::move(password);
    return account;
  }
  if (!is_given) return std::nullopt;
  if (account.user.empty())
    throw Error(Code::invalid_argument, "A password to replicate with is given without -replication-user");
  return account;
}

Reply make_co_master(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  auto request = request_of(session, arguments);
  request.account = account_of(session, arguments);
  const auto report = session.refactoring().make_co_master(key, request);
  if (report.was_dry_run) return dry_run_reply(report);
  auto reply =
      Reply::with_details(fmt::format("Instance made co-master: {}", key.display()), live(report.subject));
  reply.printed = key.display();
  return told(session, report, std::move(reply));
}

Operation move_up_op() {
  return refactoring_operation(
      "move-up", "Make a replica a sibling of its master",
      R"(It then replicates from its grandparent, which is not contacted. Its master is stopped for a moment, if it
replicates, so that both stand at the same place; the replica must replicate and not lag.

  orchestrator -c move-up -i db3.example.com
  orchestrator -c move-up -i db3.example.com -dry-run
      prints the plan, and touches nothing
)",
      {"/api/move-up/:host/:port?dry-run=:dryRun"}, move_up);
}

Operation move_up_slaves_op() {
  auto operation = refactoring_operation(
      "move-up-slaves", "Make all replicas of an instance its siblings",
      R"(The instance is stopped once, and its replicas are moved side by side; one that cannot be moved stays, and
is logged. -pattern picks those whose host:port it matches.

  orchestrator -c move-up-slaves -i db2.example.com
  orchestrator -c move-up-slaves -i db2.example.com -pattern "[.]eu[.]"
)",
      {"/api/move-up-slaves/:host/:port?pattern=:pattern&dry-run=:dryRun"}, move_up_slaves);
  operation.aliases = {"move-up-replicas"};
  operation.parameters.front().need = Need::required;
  take_also(operation, {Parameter::pattern, Need::optional});
  return operation;
}

Operation move_below_op() {
  auto operation = refactoring_operation(
      "move-below", "Move a replica below its sibling",
      R"(Both must replicate from the same master and not lag, and the sibling must be able to be a master: have a
binary log, log what it replicates, and fit in version and format.

  orchestrator -c move-below -i db3.example.com -s db2.example.com
)",
      {"/api/move-below/:host/:port/:siblingHost/:siblingPort?dry-run=:dryRun"}, move_below);
  take_also(operation, {Parameter::sibling, Need::required});
  return operation;
}

Operation enslave_siblings_op() {
  auto operation = refactoring_operation(
      "enslave-siblings", "Move all siblings of a replica below it",
      R"(As move-below for each of them, but the instance is stopped only once. Siblings that cannot be moved stay,
and are logged.

  orchestrator -c enslave-siblings -i db2.example.com
)",
      {"/api/enslave-siblings/:host/:port?dry-run=:dryRun"}, enslave_siblings);
  operation.parameters.front().need = Need::required;
  return operation;
}

Operation enslave_master_op() {
  return refactoring_operation(
      "enslave-master", "Let a replica and its master swap places",
      R"(The master must be a replica itself; whom it replicates from need not be alive. The other replicas of both
stay where they are.

  orchestrator -c enslave-master -i db3.example.com
)",
      {"/api/enslave-master/:host/:port?dry-run=:dryRun"}, enslave_master);
}

Operation repoint_op() {
  auto operation = refactoring_operation(
      "repoint", "Let a replica go on at the same coordinates of another master",
      R"(For a master that got another name, for damaged relay logs (without -s), and from or to a binlog server.
Coordinates of one server mean nothing on another: that is refused, unless replication is by GTID.

  orchestrator -c repoint -i db3.example.com -s new-name-of-its-master.example.com
  orchestrator -c repoint -i db3.example.com
)",
      {"/api/repoint/:host/:port?dry-run=:dryRun",
       "/api/repoint/:host/:port/:belowHost/:belowPort?dry-run=:dryRun"},
      repoint);
  take_also(operation, {Parameter::sibling, Need::optional});
  return operation;
}

Operation repoint_slaves_op() {
  auto operation = refactoring_operation(
      "repoint-slaves", "Let all replicas of an instance begin anew at the coordinates where they are",
      R"(As repoint without a new master, for each. -pattern picks those whose host:port it matches.

  orchestrator -c repoint-slaves -i db2.example.com
)",
      {"/api/repoint-slaves/:host/:port?pattern=:pattern&dry-run=:dryRun"}, repoint_slaves);
  operation.aliases = {"repoint-replicas"};
  take_also(operation, {Parameter::pattern, Need::optional});
  return operation;
}

Operation make_co_master_op() {
  auto operation = refactoring_operation(
      "make-co-master", "Let a master replicate from its replica too",
      R"(-i is the replica; its master must be at the top of the topology. Neither's read_only is changed.

The master needs an account to replicate with. It has one if it was a replica, or was given one by CHANGE MASTER
TO MASTER_USER = …, which MySQL tells those who may SELECT on mysql.slave_master_info, and MariaDB tells
nobody. Otherwise the account is that of the flags, or what ReplicationCredentialsQuery gives on the replica.
A file given by -replication-credentials has [client], user = … and password = …, and keeps the password from
other users of this host. The account of orchestrator needs RELOAD on the master, to be able to undo this.

  orchestrator -c make-co-master -i db2.example.com
  orchestrator -c make-co-master -i db2.example.com -replication-credentials /root/replication.cnf
)",
      {"/api/make-co-master/:host/:port?dry-run=:dryRun"}, make_co_master);
  for (const auto parameter :
       {Parameter::replication_password, Parameter::replication_user, Parameter::replication_credentials})
    take_also(operation, {parameter, Need::optional});
  return operation;
}

}  // namespace

Catalogue refactoring_operations() {
  return {move_up_op(),        move_up_slaves_op(), move_below_op(),     enslave_siblings_op(),
          enslave_master_op(), repoint_op(),        repoint_slaves_op(), make_co_master_op()};
}

}  // namespace orchestrator
