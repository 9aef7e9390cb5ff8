// Operations that mend errant transactions.
#include <fmt/format.h>

#include <algorithm>

#include "refactor/operation_groups.h"
#include "topo/base/error.h"
#include "topo/model/gtid_set.h"
#include "topo/refactor/errant_gtids.h"

namespace topo::refactor {
namespace {

using Section = MenuEntry::Section;

bool is_errant(const KnownInstance& known) {
  return is_replica(known) && !known.instance.errant_gtids.empty();
}

// The servers know better than the last poll.
void find_errant(Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& read,
                 std::optional<mysql::ReplicationAccount>&) {
  const auto errant = errant_gtids(servers, plan.subject, read.at(plan.subject));
  if (!errant)
    throw Error(Code::refused, fmt::format("{} has no errant transactions", plan.subject.display()));
  set_errant(*errant, plan);
}

const InjectEmpty& injection_of(const OperationReport& report) {
  return std::get<InjectEmpty>(report.plan.replica_steps.front().move.front());
}

std::vector<InstanceKey> with_masters(const PlanInput& in) {
  std::vector<InstanceKey> keys{in.arguments.instance};
  while (const auto master = known_master(in.topology, keys.back())) {
    if (std::find(keys.begin(), keys.end(), *master) != keys.end()) break;
    keys.push_back(*master);
  }
  return keys;
}

Operation inject_empty() {
  return {
      .name = "gtid-errant-inject-empty",
      .summary = "Give the whole cluster the errant transactions of a replica, as empty ones",
      .help =
          R"(The errant transactions of -i are those that which-gtid-errant prints. For each of them, an empty transaction with
the same GTID is committed on the writeable master of the cluster; all other servers replicate it. Then no server lacks
the GTIDs, and any replica can be promoted. What the errant transactions changed stays on the replica: the data may
still differ.

MySQL only. At most 3000 transactions; it may be repeated after an error. There is no way to undo it. The account of
orchestrator needs SUPER on the master; for GTIDs with tags also TRANSACTION_GTID_TAG and SESSION_VARIABLES_ADMIN.

  orchestrator -c gtid-errant-inject-empty -i db3.example.com
)",
      .group = OperationGroup::replication,
      .menu =
          MenuEntry{
              Section::replication, "Inject empty transactions",
              "Commits an empty transaction for each errant one on the master of the cluster, so that all "
              "servers have the same GTIDs.",
              [](const KnownInstance& known) {
                return is_errant(known) && !is_mariadb(known.instance.version);
              },
              Danger::confirm,
              "This cannot be undone. What the errant transactions changed stays on this instance."},
      .concerned = with_masters,
      .plan = [](const PlanInput& in) { return plan_inject_empty(in.topology, in.arguments.instance); },
      .complete = find_errant,
      .audit =
          [](const OperationReport& report) {
            const auto& step = injection_of(report);
            return fmt::format("empty transactions of {} on {}: {}", step.origin.display(),
                               step.server.display(), step.gtids);
          },
      .answer =
          [](const OperationReport& report) {
            const auto& step = injection_of(report);
            return changed(report, fmt::format("Have injected {} transactions on cluster master {}",
                                               GtidSet::parse(step.gtids).count(), step.server.display()));
          },
  };
}

Operation reset_master() {
  return {
      .name = "gtid-errant-reset-master",
      .summary = "Let a replica forget its errant transactions, and delete its binary logs",
      .help =
          R"(The errant transactions of -i are those that which-gtid-errant prints. Replication is stopped, the binary logs are
deleted (RESET MASTER), gtid_purged becomes what the replica has executed without the errant transactions, and
replication is started. What the errant transactions changed stays on the replica: its data may still differ from its
master's. locate-gtid-errant names the binary logs that tell what it was; copy them first.

Refused for a replica that has replicas, as they may need the binary logs; and, on MySQL, for one that is writable, as
clients could commit meanwhile (set-read-only). On MariaDB, where replication continues at
gtid_slave_pos, only transactions that the replica itself has committed can be forgotten. There is no way to undo it. The
account of orchestrator needs RELOAD on the replica.

  orchestrator -c gtid-errant-reset-master -i db3.example.com
)",
      .group = OperationGroup::replication,
      .menu =
          MenuEntry{Section::replication, "Forget errant transactions",
                    "Deletes the binary logs of the instance, and makes it forget the errant transactions.",
                    is_errant, Danger::type_name,
                    "This cannot be undone: the binary logs are deleted. What the errant transactions "
                    "changed stays on this instance."},
      .concerned = with_masters,
      .plan = [](const PlanInput& in) { return plan_forget_errant(in.topology, in.arguments.instance); },
      .complete = find_errant,
      .audit =
          [](const OperationReport& report) {
            const auto& step = std::get<ForgetTransactions>(report.plan.replica_steps.front().move.at(1));
            return fmt::format("errant transactions of {} forgotten: {}", step.server.display(), step.errant);
          },
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Removed errant GTID on {} and issued a RESET MASTER",
                                               report.plan.subject.display()));
          },
  };
}

}  // namespace

std::vector<Operation> gtid_operations() {
  return {inject_empty(), reset_master()};
}

}  // namespace topo::refactor
