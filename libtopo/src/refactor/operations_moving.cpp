// Operations that move replicas by coordinates or GTID.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "refactor/demoted_account.h"
#include "refactor/operation_groups.h"
#include "topo/refactor/subject.h"

namespace topo::refactor {
namespace {

using Section = MenuEntry::Section;

// When replicas move to or from `key`, its co-master is read, too.
void add_co_master(const Topology& topology, const InstanceKey& key, std::vector<InstanceKey>& keys) {
  const auto* known = topology.find(key);
  const auto* other = known == nullptr ? nullptr : topology.co_master_of(*known);
  if (other != nullptr) keys.push_back(other->instance.key);
}

std::vector<InstanceKey> with_master(const PlanInput& input) {
  std::vector<InstanceKey> keys{input.arguments.instance};
  const auto master = known_master(input.topology, input.arguments.instance);
  if (!master) return keys;
  keys.push_back(*master);
  add_co_master(input.topology, *master, keys);
  return keys;
}

std::vector<InstanceKey> with_replicas(const PlanInput& input) {
  const auto& key = input.arguments.instance;
  std::vector keys{key};
  for (auto& replica : replicas_of(input.topology, key, input.filter)) keys.push_back(std::move(replica));
  add_co_master(input.topology, key, keys);
  return keys;
}

std::vector<InstanceKey> with_target(const PlanInput& input) {
  std::vector keys{input.arguments.instance, *input.arguments.target};
  add_co_master(input.topology, *input.arguments.target, keys);
  return keys;
}

std::vector<InstanceKey> with_siblings(const PlanInput& input) {
  const auto& topology = input.topology;
  const auto& replica = input.arguments.instance;
  const auto master = known_master(topology, replica);
  if (!master) return {replica};
  auto keys = replicas_of(topology, *master, {});
  add_co_master(topology, *master, keys);
  keys.push_back(replica);
  add_co_master(topology, replica, keys);
  return keys;
}

std::optional<bool> is_renamed(const PlanInput& input) {
  const auto& [replica, master, pattern, process] = input.arguments;
  const auto present = known_master(input.topology, replica);
  if (!master || !present || present == master) return false;
  return input.are_same(*present, *master);
}

Operation move_up() {
  return {
      .name = "move-up",
      .summary = "Make a replica a sibling of its master",
      .help =
          R"(The replica then replicates from its grandparent, which is not contacted. Its master is stopped for a moment,
if it replicates, so that both are at the same coordinates; the replica must replicate and not lag.

  orchestrator -c move-up -i db3.example.com
  orchestrator -c move-up -i db3.example.com -dry-run
      prints the plan, and changes nothing
)",
      .menu =
          MenuEntry{Section::move, "Move up", "Makes the instance a sibling of its master.", has_grandparent},
      .concerned = with_master,
      .plan = [](const PlanInput& in) { return plan_move_up(in.topology, in.arguments.instance, in.limits); },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("moved up {}. Previous master: {}", report.plan.subject.display(),
                               display_of(report.former_master));
          },
      .answer =
          [](const OperationReport& report) {
            return moved_one(report, fmt::format("Instance {} moved up", report.plan.subject.display()));
          },
  };
}

Operation move_up_slaves() {
  return {
      .name = "move-up-slaves",
      .aliases = {"move-up-replicas"},
      .summary = "Make all replicas of an instance its siblings",
      .help =
          R"(The instance is stopped once, and its replicas are moved in parallel. A replica that cannot be moved stays
where it is, and is logged. -pattern selects replicas whose host:port it matches.

  orchestrator -c move-up-slaves -i db2.example.com
  orchestrator -c move-up-slaves -i db2.example.com -pattern "[.]eu[.]"
)",
      .pattern = Use::optional,
      .instance_may_be_this_host = false,
      .menu = MenuEntry{Section::replicas, "Move up replicas", "Makes all its replicas its siblings.",
                        [](const KnownInstance& known) { return has_replicas(known) && is_replica(known); }},
      .concerned = with_replicas,
      .plan =
          [](const PlanInput& in) {
            return plan_move_up_replicas(in.topology, in.arguments.instance, in.filter, in.limits);
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("moved up {} replicas of {}. New master: {}", count_of(report),
                               report.plan.subject.display(), display_of(report.subject.master_key()));
          },
      .answer =
          [](const OperationReport& report) {
            const auto& key = report.plan.subject;
            return moved_several(
                report,
                fmt::format("Moved up {} replicas of {} below {}", report.outcome.moved.size(), key.display(),
                            display_of(report.subject.master_key())),
                key);
          },
  };
}

Operation move_below() {
  return {
      .name = "move-below",
      .summary = "Move a replica below its sibling",
      .help =
          R"(Both must replicate from the same master and not lag, and the sibling must be able to be a master: have a
binary log, log what it replicates, and fit in version and format.

  orchestrator -c move-below -i db3.example.com -s db2.example.com
)",
      .target = Use::required,
      .concerned = with_target,
      .plan =
          [](const PlanInput& in) {
            return plan_move_below(in.topology, in.arguments.instance, *in.arguments.target, in.limits);
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("moved {} below {}", report.plan.subject.display(),
                               display_of(new_master(report)));
          },
      .answer =
          [](const OperationReport& report) {
            return moved_one(report, fmt::format("Instance {} moved below {}", report.plan.subject.display(),
                                                 display_of(new_master(report))));
          },
  };
}

Operation enslave_siblings() {
  return {
      .name = "enslave-siblings",
      .summary = "Move all siblings of a replica below it",
      .help =
          R"(As move-below for each sibling, but the instance is stopped only once. Siblings that cannot be moved stay
where they are, and are logged.

  orchestrator -c enslave-siblings -i db2.example.com
)",
      .instance_may_be_this_host = false,
      .menu = MenuEntry{Section::replicas, "Enslave siblings", "Moves all its siblings below it.",
                        is_serving_replica},
      .concerned = with_siblings,
      .plan =
          [](const PlanInput& in) {
            return plan_enslave_siblings(in.topology, in.arguments.instance, in.limits);
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("moved {} siblings below {}", count_of(report), report.plan.subject.display());
          },
      .answer =
          [](const OperationReport& report) {
            const auto message = fmt::format("Enslaved {} siblings of {}", report.outcome.moved.size(),
                                             report.plan.subject.display());
            const bool all_moved = report.outcome.failed.empty() && report.plan.refused.empty();
            return changed(report, all_moved ? message : with_errors(report, message));
          },
  };
}

Operation enslave_master() {
  return {
      .name = "enslave-master",
      .summary = "Swap a replica and its master",
      .help =
          R"(The master must be a replica itself; its own master need not be alive. The other replicas of both stay where
they are.

  orchestrator -c enslave-master -i db3.example.com
)",
      .menu =
          MenuEntry{
              Section::move, "Swap with master",
              "The master becomes a replica of this instance, which replicates from its grandparent.",
              [](const KnownInstance& known) { return has_grandparent(known) && is_serving_replica(known); }},
      .concerned = with_master,
      .plan =
          [](const PlanInput& in) {
            return plan_enslave_master(in.topology, in.arguments.instance, in.limits);
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("{} took the place of its master {}", report.plan.subject.display(),
                               display_of(report.former_master));
          },
      .answer =
          [](const OperationReport& report) {
            return moved_one(report, fmt::format("Instance {} took the place of its master",
                                                 report.plan.subject.display()));
          },
  };
}

Operation repoint() {
  return {
      .name = "repoint",
      .summary = "Resume a replica at the same coordinates of another master",
      .help =
          R"(For a master whose name has changed, for damaged relay logs (without -s), and from or to a binlog server.
Coordinates of one server are invalid on another: such a move is refused, unless replication is by GTID.

  orchestrator -c repoint -i db3.example.com -s new-name-of-its-master.example.com
  orchestrator -c repoint -i db3.example.com
)",
      .target = Use::optional,
      .menu =
          MenuEntry{Section::move, "Repoint",
                    "Resumes at the same coordinates of the same master, with fresh relay logs.", is_replica},
      .concerned =
          [](const PlanInput& in) {
            const auto& [instance, target, pattern, process] = in.arguments;
            return target ? std::vector{instance, *target} : with_master(in);
          },
      .plan =
          [](const PlanInput& in) {
            const auto& [instance, target, pattern, process] = in.arguments;
            return plan_repoint(in.topology, instance, target, in.limits, is_renamed(in));
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("replica {} repointed to master: {}", report.plan.subject.display(),
                               display_of(new_master(report)));
          },
      .answer =
          [](const OperationReport& report) {
            return moved_one(report, fmt::format("Instance {} repointed to {}", report.plan.subject.display(),
                                                 display_of(report.subject.master_key())));
          },
      .find_target = repoint_destination,
  };
}

Operation repoint_slaves() {
  return {
      .name = "repoint-slaves",
      .aliases = {"repoint-replicas"},
      .summary = "Restart all replicas of an instance with fresh relay logs at their current coordinates",
      .help =
          R"(As repoint without a new master, for each replica. -pattern selects replicas whose host:port it matches.

  orchestrator -c repoint-slaves -i db2.example.com
)",
      .pattern = Use::optional,
      .menu =
          MenuEntry{Section::replicas, "Repoint replicas",
                    "Resumes all its replicas at the same coordinates, with fresh relay logs.", has_replicas},
      .concerned = with_replicas,
      .plan =
          [](const PlanInput& in) {
            return plan_repoint_replicas(in.topology, in.arguments.instance, in.filter, in.limits);
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("repointed {} replicas of {}", count_of(report),
                               report.plan.subject.display());
          },
      .answer =
          [](const OperationReport& report) {
            const auto& key = report.plan.subject;
            return moved_several(
                report,
                fmt::format("Repointed {} replicas of {}", report.outcome.moved.size(), key.display()), key,
                fmt::format("<{}", key.display()));
          },
  };
}

Operation make_co_master() {
  return {
      .name = "make-co-master",
      .summary = "Make a master replicate from its replica too",
      .help =
          R"(-i is the replica; its master must be at the top of the topology. read_only is changed on neither.

The master needs a replication account. It has one if it was a replica, or if CHANGE MASTER TO MASTER_USER = …
set one, which MySQL shows to accounts that may SELECT on mysql.slave_master_info, and MariaDB to no account.
Otherwise the account comes from the flags, or from ReplicationCredentialsQuery on the replica.
A file given by -replication-credentials has [client], user = … and password = …, and keeps the password from
other users of this host. The account of orchestrator needs RELOAD on the master, to be able to undo this.

  orchestrator -c make-co-master -i db2.example.com
  orchestrator -c make-co-master -i db2.example.com -replication-credentials /root/replication.cnf
)",
      .takes_account = true,
      .menu = MenuEntry{Section::move, "Make co-master", "The master also replicates from this instance.",
                        [](const KnownInstance& known) {
                          const auto& instance = known.instance;
                          return is_replica(known) && instance.replication_depth == 1 &&
                                 !instance.is_co_master && instance.log_bin;
                        }},
      .concerned = with_master,
      .plan =
          [](const PlanInput& in) {
            return plan_make_co_master(in.topology, in.arguments.instance, in.limits);
          },
      .complete =
          [](Servers& servers, Plan& plan, const auto& read, auto& account) {
            account = account_of_demoted(servers, plan, read.at(plan.replica_steps.front().replica),
                                         read.at(plan.subject), account);
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("{} is co-master of {}", report.plan.subject.display(),
                               display_of(report.former_master));
          },
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Instance made co-master: {}", report.plan.subject.display()));
          },
  };
}

}  // namespace

std::vector<Operation> moving_operations() {
  return {move_up(),        move_up_slaves(), move_below(),     enslave_siblings(),
          enslave_master(), repoint(),        repoint_slaves(), make_co_master()};
}

}  // namespace topo::refactor
