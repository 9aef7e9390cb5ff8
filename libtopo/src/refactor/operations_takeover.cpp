// Operations by which a living master and a replica change places, and a former master becomes a replica.
#include <fmt/format.h>

#include "refactor/compare_gtids.h"
#include "refactor/demoted_account.h"
#include "refactor/fencing.h"
#include "refactor/logged_twins.h"
#include "refactor/operation_groups.h"
#include "refactor/pending_transactions.h"
#include "topo/topology/former_master.h"

namespace topo::refactor {
namespace {

using Section = MenuEntry::Section;
using Account = std::optional<mysql::ReplicationAccount>;
using Read = std::unordered_map<InstanceKey, Instance>;

template <bool StartsDemoted>
Plan plan_takeover_of(const PlanInput& in) {
  return plan_takeover(in.topology, in.arguments.instance, in.arguments.target,
                       {.starts_demoted = StartsDemoted,
                        .accepts_errant = in.accepts_errant,
                        .ends_clients = in.ends_clients,
                        .denied = in.not_promoted},
                       in.limits);
}

std::vector<InstanceKey> master_and_replicas(const PlanInput& in) {
  auto keys = replicas_of(in.topology, in.arguments.instance, {});
  keys.push_back(in.arguments.instance);
  if (in.arguments.target) keys.push_back(*in.arguments.target);
  return keys;
}

// What a step would miss is refused before writes are.
void complete_takeover(Servers& servers, Plan& plan, const Read& read, Account& account) {
  using mysql::Task;
  const auto& master = read.at(plan.subject);
  const auto& successor = read.at(plan.candidate.value());
  std::vector tasks{Task::set_read_only, Task::block_commits};
  for (const auto& step : plan.before) {
    if (std::holds_alternative<CompareGtids>(step))
      require_nothing_errant(servers, successor.key, master.key);
    const auto* change = std::get_if<SetReadOnly>(&step);
    if (change != nullptr && change->ends_clients) tasks.push_back(Task::end_statements);
  }
  require_privileges(servers, master, tasks);
  require_privileges(servers, successor, {Task::set_read_only, Task::move_replicas, Task::forget_master});
  auto unknown = require_nothing_prepared(servers, master);
  if (!unknown.empty()) plan.notes.push_back(std::move(unknown));
  const bool is_demoted = !plan.replica_steps.back().move.empty();
  if (is_demoted) account = account_of_demoted(servers, plan, master, successor, account);
}

void complete_rejoin(Servers& servers, Plan& plan, const Read& read, Account& account) {
  const auto& former = read.at(plan.subject);
  const auto& master = read.at(plan.result.front().second);
  for (const auto& step : plan.replica_steps.front().move) {
    const auto* change = std::get_if<ChangeMaster>(&step);
    if (change == nullptr) continue;
    if (const auto lost = lost_by_itself(former, master))
      plan.refusals.push_back(describe_lost(former, *lost, master));
    if (!change->by_gtid) continue;
    if (const auto purged = why_not_by_purged_gtids(former, master)) plan.refusals.push_back(purged->reason);
    auto difference = difference_by_logs(servers, former, master, Doubts::all);
    if (plan.accepts_errant) difference.hidden.reset();  // it begins before what only it has
    const auto differs = describe(difference, former.key, master.key);
    if (differs.empty()) continue;
    if (plan.accepts_errant)
      plan.notes.push_back(fmt::format("by now {}; it keeps them (-allow-errant)", differs));
    else
      plan.refusals.push_back(fmt::format("by now {}", differs));
  }
  require_privileges(servers, former, {mysql::Task::set_read_only});
  account = account_of_demoted(servers, plan, former, master, account);
}

std::string took_over(const OperationReport& report) {
  const auto& at = report.outcome.promoted_at;
  return fmt::format("{} took the place of {}{}", display_of(report.plan.candidate),
                     report.plan.subject.display(),
                     at.empty() ? "" : fmt::format(", and had executed {} of it", at.display()));
}

// Two lines on the command line: the successor, and where its binary log began as the master's.
Answer answer_takeover(const OperationReport& report) {
  const auto name = display_of(report.plan.candidate);
  std::string coordinates;
  for (const auto& instance : report.outcome.now)
    if (instance.key == report.plan.candidate) coordinates = instance.self_coordinates.display();
  const auto& demotion = report.plan.replica_steps.back().move;
  const bool is_stopped = !demotion.empty() && !std::holds_alternative<StartReplication>(demotion.back());
  return {
      fmt::format("{}: {} took the place of {}{}", report.plan.operation, name, report.plan.subject.display(),
                  is_stopped ? ", which is left stopped: start-slave starts it" : ""),
      fmt::format("{}\n{}", name, coordinates), report.plan.candidate};
}

std::optional<InstanceKey> target_of(const UnendedOperation& interrupted) {
  if (interrupted.target || interrupted.moves.empty()) return interrupted.target;
  return interrupted.moves.front().second;
}

// Once the successor is writable there is no way back: the former master goes below it, then the others.
Repetition repeat_takeover(const UnendedOperation& interrupted, std::span<const InstanceKey> not_moved,
                           const std::optional<InstanceKey>& promoted) {
  const auto& master = interrupted.subject;
  if (!promoted) return {interrupted.operation, {master, target_of(interrupted)}};
  const bool is_demoted = std::find(not_moved.begin(), not_moved.end(), master) == not_moved.end();
  constexpr std::string_view others = "multi-match-slaves";
  if (is_demoted) return {others, {master, promoted}};
  return {.operation = "rejoin", .arguments = {master, promoted}, .then = others};
}

InstanceKey master_to_rejoin(const PlanInput& in) {
  const auto& [instance, target, pattern, process] = in.arguments;
  if (target) return *target;
  const auto* former = in.topology.find(instance);
  if (former != nullptr && !former->replaced && former->instance.is_replica())
    return former->instance.required_master();  // the plan says that there is nothing to do
  if (former == nullptr || !former->replaced) {
    throw Error(Code::refused,
                fmt::format("Which master took the place of {} is not known: name it", instance.display()));
  }
  if (const auto master = master_in_place_of(in.topology, *former)) return *master;
  throw Error(Code::refused, fmt::format("{}; the master in its place is not known for certain now: name it",
                                         describe_replacement(*former)));
}

// The record of its successor may have ended.
Repetition repeat_rejoin(const UnendedOperation& interrupted, std::span<const InstanceKey>,
                         const std::optional<InstanceKey>&) {
  return {interrupted.operation, {interrupted.subject, target_of(interrupted)}};
}

constexpr std::string_view takeover_help =
    R"(-i names the master, its cluster, or any instance of it; -s (or -d) the successor, which replicates from the master
directly. Without -d the best replica is chosen, and the plan (-dry-run) says why not another. The master becomes
read-only (super_read_only where there is one), the successor executes all that is left and becomes writable; then the
former master and the other replicas go below it. Replicas in maintenance, and those that do not answer, stay below the
former master; one that the successor cannot serve refuses the whole.

Until the successor is writable, all is undone if anything fails: the master does not become read-only within
InstanceBulkOperationsWaitTimeoutSeconds because of long statements, an account with SUPER goes on writing or does not
end a transaction in that time, the successor does not get to the end, transactions of XA are prepared on the master.
-kill ends the connections of clients of the master, except those of replication and of orchestrator's account. After
that the rest is finished, and what could not be is said. The former master needs an account to replicate with, as by
make-co-master. One of two co-masters can only be taken over by the other one, and then all servers replicate as before.

MySQL since 5.7.8 refuses writes of accounts with SUPER, too. Elsewhere such an account is noticed if it writes within
50 ms, or has changed rows in an open transaction; an account whose grants orchestrator cannot see (SELECT on the schema
mysql) may be such a one. What such an account writes later is only on the former master, which is then left without a
master, and the error says where its binary log has gone on.

)";

Operation takeover(std::string_view name, Plan (*plan)(const PlanInput&), std::string_view summary,
                   std::string_view help, const std::optional<MenuEntry>& menu) {
  return {.name = name,
          .summary = summary,
          .help = help,
          .target = Use::optional,
          .takes_account = true,
          .may_end_clients = true,
          .on_cluster = true,
          .promotes = true,
          .menu = menu,
          .audit_type = "graceful-master-takeover",
          .concerned = master_and_replicas,
          .plan = plan,
          .complete = complete_takeover,
          .audit = took_over,
          .answer = answer_takeover,
          .repeat = repeat_takeover};
}

std::vector<InstanceKey> master_in_place(const Topology& topology, const KnownInstance& former,
                                         const RuleLimits&) {
  const auto master = master_in_place_of(topology, former);
  return master ? std::vector{*master} : std::vector<InstanceKey>{};
}

bool is_master(const KnownInstance& known) {
  return has_replicas(known) && !known.instance.read_only && known.last_check_valid &&
         (!known.instance.is_replica() || known.instance.is_co_master);
}

}  // namespace

std::vector<Operation> takeover_operations() {
  static const std::string help =
      std::string(takeover_help) +
      R"(The former master is left stopped: start-slave starts it. Prints the successor and the coordinates of its log.

  orchestrator -c graceful-master-takeover -i shop -d db2.example.com -dry-run
  orchestrator -c graceful-master-takeover -i shop -d db2.example.com
)";
  static const std::string auto_help =
      std::string(takeover_help) +
      R"(The former master replicates at once. Prints the successor and the coordinates of its log.

  orchestrator -c graceful-master-takeover-auto -i shop
)";
  return {
      takeover("graceful-master-takeover", plan_takeover_of<false>,
               "Let a replica take the place of its living master", help, std::nullopt),
      takeover("graceful-master-takeover-auto", plan_takeover_of<true>,
               "Let a replica take the place of its living master, which becomes its replica", auto_help,
               MenuEntry{.section = Section::move,
                         .label = "Take over",
                         .explanation = "Its best replica becomes the master, and it a replica of that one.",
                         .suits = is_master,
                         .warning = "You must direct applications to the new master."}),
      {.name = "rejoin",
       .summary = "Make a former master a replica of the one that took its place",
       .help =
           R"(Without -s, that is the master of the cluster in which it was replaced. It becomes read-only, and its position is found by
GTID or Pseudo-GTID. Refused when it has transactions that the new master lacks, or has lost some that it had
committed itself: they are named, and it stays read-only. It needs an account to replicate with, as by make-co-master.
-dry-run compares the GTIDs, where replication uses them. -allow-errant lets it keep, by GTID, what the new master lacks.

The result has a name, with which the message begins, and which is Result in the answer of the API: rejoined,
errant_transactions, cannot_be_compared (no GTIDs that replication uses, and no common Pseudo-GTID entry), purged (logs that
would be needed are deleted), unreachable (one of the two cannot be read). Other refusals have no name.

  orchestrator -c rejoin -i db1.example.com -s db2.example.com
  orchestrator -c rejoin -i db1.example.com
)",
       .target = Use::optional,
       .takes_account = true,
       .names_results = true,
       .menu = MenuEntry{.section = Section::recovery,
                         .label = "Rejoin",
                         .explanation =
                             "It becomes a read-only replica of the master that took its place, unless it "
                             "has something that this one lacks.",
                         .suits =
                             [](const KnownInstance& known) {
                               return is_returned(known) && !known.instance.is_replica();
                             },
                         .targets = master_in_place},
       .concerned =
           [](const PlanInput& in) {
             const auto& [instance, target, pattern, process] = in.arguments;
             return target ? std::vector{instance, *target} : former_master_and_successor(in);
           },
       .plan =
           [](const PlanInput& in) {
             auto plan = plan_rejoin(in.topology, in.arguments.instance, master_to_rejoin(in), in.limits);
             plan.accepts_errant = in.accepts_errant;
             return plan;
           },
       .complete = complete_rejoin,
       .audit =
           [](const OperationReport& report) {
             return fmt::format("rejoined below {}", display_of(new_master(report)));
           },
       .answer =
           [](const OperationReport& report) {
             auto answer =
                 moved_one(report, fmt::format("Instance {} rejoined below {}", report.plan.subject.display(),
                                               display_of(new_master(report))));
             answer.result = results::rejoined;
             return answer;
           },
       .repeat = repeat_rejoin},
  };
}

}  // namespace topo::refactor
