// Operations that find coordinates by Pseudo-GTID. The master of the replicas may be dead: the search does
// not contact it.
#include <fmt/format.h>

#include <algorithm>

#include "refactor/operation_groups.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

using Section = MenuEntry::Section;

void add_known(std::optional<InstanceKey> key, std::vector<InstanceKey>& keys) {
  if (key) keys.push_back(*std::move(key));
}

std::string matched_one(const OperationReport& report) {
  return fmt::format("matched {} below {}", report.plan.subject.display(), display_of(new_master(report)));
}

std::string matched_several(const OperationReport& report) {
  const auto& moves = report.plan.result;
  return fmt::format("matched {} replicas of {} below {}", count_of(report), report.plan.subject.display(),
                     moves.empty() ? "nobody" : moves.front().second.display());
}

std::string made_master(const OperationReport& report) {
  return fmt::format("made master of {}, in place of {}", report.plan.subject.display(),
                     display_of(report.former_master));
}

// "; db2:3306 is a master now, and had executed mysql-bin.000012:4711 of db1:3306 before"; "": it is none.
std::string promotion(const OperationReport& report, const std::optional<InstanceKey>& former_master) {
  const auto& at = report.outcome.promoted_at;
  if (at.empty()) return "";
  return fmt::format("; {} is a master now, and had executed {} of {} before",
                     display_of(report.plan.candidate), at.display(), display_of(former_master));
}

// "Instance … matched below … at binlog.000012:4711", or "up"
Answer answer_one(const OperationReport& report, std::string_view where) {
  std::string coordinates;
  if (const auto* channel = report.subject.replication()) coordinates = channel->exec.display();
  return moved_one(
      report, fmt::format("Instance {} matched {} at {}", report.subject.key.display(), where, coordinates));
}

Answer answer_below(const OperationReport& report) {
  const auto& moves = report.plan.result;
  return answer_one(report, "below " + (moves.empty() ? "" : moves.front().second.display()));
}

Answer answer_several(const OperationReport& report, const InstanceKey& below) {
  return moved_several(report,
                       fmt::format("Matched {} replicas of {} below {}", report.outcome.moved.size(),
                                   report.plan.subject.display(), below.display()),
                       below);
}

// How the replicas compared with the candidate.
struct Tally {
  std::size_t lost = 0, equal = 0, matched = 0;
};

Tally tally(const OperationReport& report) {
  Tally tally;
  tally.lost = report.plan.refused.size() + report.outcome.failed.size();
  for (const auto& steps : report.plan.replica_steps) {
    const auto& moved = report.outcome.moved;
    if (steps.move.empty() || std::find(moved.begin(), moved.end(), steps.replica) == moved.end()) continue;
    const auto* change = std::get_if<ChangeMaster>(&steps.move.front());
    const bool is_matched = change != nullptr && change->from.kind == PlanCoordinates::Kind::matched;
    ++(is_matched ? tally.matched : tally.equal);
  }
  return tally;
}

// A dead master whose replicas can be compared.
bool is_regrouped(const KnownInstance& known) {
  const auto* channel = known.instance.replication();
  const bool by_gtid = channel != nullptr && (channel->using_oracle_gtid || channel->using_mariadb_gtid);
  return known.instance.replica_hosts.size() > 1 &&
         (known.instance.using_pseudo_gtid || by_gtid || !known.last_check_valid);
}

// The siblings of an instance that can serve its replicas.
std::vector<InstanceKey> serving_siblings(const Topology& topology, const KnownInstance& known,
                                          const RuleLimits& limits) {
  std::vector<InstanceKey> keys;
  for (const auto& other : topology.instances()) {
    const bool is_sibling = other.instance.key != known.instance.key &&
                            other.instance.master_key() == known.instance.master_key();
    if (is_sibling && is_serving_replica(other) && other.last_check_valid &&
        other.is_recently_checked(limits.poll_interval))
      keys.push_back(other.instance.key);
  }
  return keys;
}

Operation match_below() {
  return {
      .name = "match-below",
      .summary = "Move a replica below any instance that has executed at least as much, by Pseudo-GTID",
      .help =
          R"(The coordinates are found in the binary log of the instance of -s, by the last Pseudo-GTID entry that the replica
has executed, and event by event from there on. The master of the replica is not contacted: it may be dead. The
instance of -s is not stopped, must have executed all that the replica has, and must not be below the replica.
PseudoGTIDPattern must be set.

  orchestrator -c match-below -i db3.example.com -s db2.example.com
)",
      .target = Use::required,
      .concerned =
          [](const PlanInput& in) {
            return std::vector{in.arguments.instance, *in.arguments.target};
          },
      .plan =
          [](const PlanInput& in) {
            return plan_match_below(in.topology, in.arguments.instance, *in.arguments.target, in.limits);
          },
      .audit = matched_one,
      .answer = answer_below,
  };
}

Operation match_up() {
  return {
      .name = "match-up",
      .summary = "Make a replica a sibling of its master, by Pseudo-GTID",
      .help = R"(Its master is not contacted: it may be dead. Its grandparent must be alive.

  orchestrator -c match-up -i db3.example.com
)",
      .menu = MenuEntry{Section::move, "Match up",
                        "Makes the instance a sibling of its master by Pseudo-GTID; the master may be dead.",
                        [](const KnownInstance& known) {
                          return is_pseudo_gtid_replica(known) && has_grandparent(known);
                        }},
      .audit_type = "match-below",
      .concerned =
          [](const PlanInput& in) {
            std::vector keys{in.arguments.instance};
            const auto master = known_master(in.topology, in.arguments.instance);
            if (master) add_known(known_master(in.topology, *master), keys);
            return keys;
          },
      .plan =
          [](const PlanInput& in) { return plan_match_up(in.topology, in.arguments.instance, in.limits); },
      .audit = matched_one,
      .answer = [](const OperationReport& report) { return answer_one(report, "up"); },
  };
}

Operation rematch() {
  return {
      .name = "rematch",
      .summary = "Find the coordinates of a replica in the log of its master again, by Pseudo-GTID",
      .help =
          R"(For a replica that lost its coordinates in a crash, while its own binary log still shows what it has executed.

  orchestrator -c rematch -i db3.example.com
)",
      .menu = MenuEntry{Section::move, "Rematch",
                        "Finds its coordinates in the log of its master again, by Pseudo-GTID.",
                        is_pseudo_gtid_replica},
      .audit_type = "match-below",
      .concerned =
          [](const PlanInput& in) {
            std::vector keys{in.arguments.instance};
            add_known(known_master(in.topology, in.arguments.instance), keys);
            return keys;
          },
      .plan = [](const PlanInput& in) { return plan_rematch(in.topology, in.arguments.instance, in.limits); },
      .audit = matched_one,
      .answer = answer_below,
  };
}

Operation multi_match_slaves() {
  return {
      .name = "multi-match-slaves",
      .aliases = {"multi-match-replicas"},
      .summary = "Move all replicas of an instance below another one, by Pseudo-GTID",
      .help =
          R"(As match-below for each replica; of replicas at the same coordinates only one is matched. The instance of -i is
not contacted: it may be dead. The instance of -s may be one of its replicas. A replica that has executed more
than the instance of -s is not moved. -pattern selects replicas whose host:port it matches.

  orchestrator -c multi-match-slaves -i dead.example.com -s db2.example.com
)",
      .target = Use::required,
      .pattern = Use::optional,
      .instance_may_be_this_host = false,
      .menu =
          MenuEntry{
              .section = Section::recovery,
              .label = "Match all replicas below",
              .explanation =
                  "Moves all its replicas below a sibling by Pseudo-GTID; the instance may be dead.",
              .suits = [](const KnownInstance& known) { return is_replica(known) && has_replicas(known); },
              .targets = serving_siblings},
      .concerned =
          [](const PlanInput& in) {
            auto keys = replicas_of(in.topology, in.arguments.instance, in.filter);
            keys.push_back(*in.arguments.target);
            return keys;
          },
      .plan =
          [](const PlanInput& in) {
            return plan_multi_match(in.topology, in.arguments.instance, *in.arguments.target, in.filter,
                                    in.limits);
          },
      .audit = matched_several,
      .answer =
          [](const OperationReport& report) {
            const auto& moves = report.plan.result;
            return answer_several(report, moves.empty() ? report.plan.subject : moves.front().second);
          },
  };
}

Operation match_up_slaves() {
  return {
      .name = "match-up-slaves",
      .aliases = {"match-up-replicas"},
      .summary = "Make all replicas of an instance its siblings, by Pseudo-GTID",
      .help =
          R"(The instance is not contacted: it may be dead. -pattern selects replicas whose host:port it matches.

  orchestrator -c match-up-slaves -i dead.example.com
)",
      .pattern = Use::optional,
      .instance_may_be_this_host = false,
      .menu = MenuEntry{Section::replicas, "Match up replicas",
                        "Makes all its replicas its siblings by Pseudo-GTID.",
                        [](const KnownInstance& known) {
                          return has_replicas(known) && is_pseudo_gtid_replica(known);
                        }},
      .concerned =
          [](const PlanInput& in) {
            auto keys = replicas_of(in.topology, in.arguments.instance, in.filter);
            add_known(known_master(in.topology, in.arguments.instance), keys);
            return keys;
          },
      .plan =
          [](const PlanInput& in) {
            return plan_match_up_replicas(in.topology, in.arguments.instance, in.filter, in.limits);
          },
      .audit = matched_several,
      .answer =
          [](const OperationReport& report) {
            return answer_several(report, report.subject.required_master());
          },
  };
}

bool had_begun_to_change(const UnendedOperation& interrupted, const InstanceKey& server) {
  return std::ranges::any_of(interrupted.servers,
                             [&](const auto& noted) { return noted.key == server && noted.changed; });
}

Evidence evidence_for(const PlanInput& in) {
  return in.is_forced ? Evidence::waived : Evidence::required;
}

Promotion promotion_for(const PlanInput& in) {
  return in.resets ? Promotion::reset : Promotion::stopped;
}

Operation regroup_slaves() {
  return {
      .name = "regroup-slaves",
      .aliases = {"regroup-replicas"},
      .summary = "Gather the replicas of a dead master below the most advanced of them, by Pseudo-GTID",
      .help =
          R"(All replicas execute what they have received. The replica that has then executed most and can serve the others
is chosen, and printed at once; DenyAutoPromotionHostnamePattern matches replicas that are never chosen. Replicas
that have executed the same resume where its log ends, replicas behind are matched. Where one has more
than the chosen one, because it cannot be a master, or cannot execute what it has received (it is broken, or its delay
does not end in time), nothing is moved; with -allow-loss it is left as it is, with its relay log, and counts as lost;
so are replicas ahead of the chosen replica of a dead intermediate master. The chosen replica still replicates from the dead master, and its read_only is not
changed: make-master, or set-writeable and reset-slave, make it a master.

The instance of -i is only read. If it can be read, it remains the master of the chosen replica, and the answer says so.
If it cannot be read, and there is no evidence of its death (see make-master), the command is refused; -force goes on.

  orchestrator -c regroup-slaves -i dead.example.com
)",
      .may_lose = true,
      .may_be_forced = true,
      .instance_may_be_this_host = false,
      .prints_candidate = true,
      .promotes = true,
      .promotes_on_request = true,
      .menu = MenuEntry{Section::replicas, "Regroup replicas",
                        "Gathers its replicas below the most advanced of them.", is_regrouped},
      .concerned =
          [](const PlanInput& in) {
            auto keys = replicas_of(in.topology, in.arguments.instance, {});
            keys.push_back(in.arguments.instance);
            return keys;
          },
      .dead_master = [](const PlanInput& in) { return std::optional(in.arguments.instance); },
      .plan =
          [](const PlanInput& in) {
            return plan_regroup_replicas(in.topology, in.arguments.instance,
                                         {.loss = in.loss,
                                          .evidence = evidence_for(in),
                                          .promotion = in.promotes ? promotion_for(in) : Promotion::none,
                                          .denied = in.not_promoted},
                                         in.limits);
          },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("regrouped {} replicas of {} below {}{}", count_of(report),
                               report.plan.subject.display(), display_of(report.plan.candidate),
                               promotion(report, report.plan.subject));
          },
      .answer =
          [](const OperationReport& report) {
            const auto [lost, equal, matched] = tally(report);
            const auto& candidate = report.plan.candidate;
            const auto name = display_of(candidate);
            return Answer{
                fmt::format("promoted replica: {}, lost: {}, trivial: {}, pseudo-gtid: {}", name, lost, equal,
                            matched),
                fmt::format("{} lost: {}, trivial: {}, pseudo-gtid: {}", name, lost, equal, matched),
                candidate};
          },
      .repeat =
          [](const UnendedOperation& interrupted, std::span<const InstanceKey>,
             const std::optional<InstanceKey>& promoted) {
            if (interrupted.promotes && !promoted) {
              // Nothing has moved before the promotion.
              Repetition again{"regroup-slaves", {interrupted.subject}, true};
              again.promotes = true;
              return again;
            }
            // Once a candidate has been chosen, the repetition keeps it.
            if (interrupted.moves.empty()) return Repetition{"regroup-slaves", {interrupted.subject}};
            const auto& candidate = interrupted.moves.front().second;
            // One that was to get what it lacks below another one first has to do so again.
            if (!promoted && had_begun_to_change(interrupted, candidate))
              return Repetition{"regroup-slaves", {interrupted.subject}};
            return Repetition{"multi-match-slaves", {interrupted.subject, candidate}};
          },
  };
}

Operation make_master() {
  return {
      .name = "make-master",
      .summary = "Make a replica of a dead master the master of its siblings, by Pseudo-GTID",
      .help =
          R"(The replica executes what it has received and becomes the master: writeable, with its replication reset (stopped, if
ApplyMySQLPromotionAfterMasterFailover is false). Then its siblings move below it. Refused when a
sibling has more, executed or in its relay log; with -allow-loss such siblings are left as they are.

Refused, too, without evidence that the master is dead: it was refused or reset, or did not answer within the deadline,
and no replica that can be read has an IO thread that is connected to it. An error of the server, such as "Too many
connections" or "Access denied", proves that it is alive; a name that does not resolve proves nothing. If a running
orchestrator has read the master within the poll interval, a replica must also have lost its connection to it. -force
goes on without evidence, and is written to the audit. A master that can be read is never presumed dead:
graceful-master-takeover replaces it.

  orchestrator -c make-master -i db2.example.com
)",
      .may_lose = true,
      .may_be_forced = true,
      .promotes = true,
      .menu = MenuEntry{Section::move, "Make master",
                        "Executes what it has received and becomes writeable, without a master; its "
                        "siblings go below it. Its master must be dead.",
                        [](const KnownInstance& known) {
                          return is_serving_replica(known) && known.instance.replication_depth == 1;
                        },
                        Danger::confirm,
                        "You must direct applications to the new master, and the old master must not come "
                        "back as a master."},
      .concerned =
          [](const PlanInput& in) {
            const auto master = known_master(in.topology, in.arguments.instance);
            auto keys = master ? replicas_of(in.topology, *master, {}) : std::vector<InstanceKey>{};
            keys.push_back(in.arguments.instance);
            // The master must be seen dead, and its own master, if it has one, must not be there.
            add_known(master, keys);
            if (master) add_known(known_master(in.topology, *master), keys);
            return keys;
          },
      .dead_master = [](const PlanInput& in) { return known_master(in.topology, in.arguments.instance); },
      .plan =
          [](const PlanInput& in) {
            return plan_make_master(
                in.topology, in.arguments.instance,
                {.loss = in.loss, .evidence = evidence_for(in), .promotion = promotion_for(in)}, in.limits);
          },
      .audit =
          [](const OperationReport& report) {
            return made_master(report) + promotion(report, report.former_master);
          },
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Instance {} now made master", report.plan.subject.display()));
          },
      .repeat =
          [](const UnendedOperation& interrupted, std::span<const InstanceKey>,
             const std::optional<InstanceKey>& promoted) {
            const auto& subject = interrupted.subject;
            const auto former = noted_master(interrupted, subject);
            // Only its siblings are left to be moved.
            if (promoted && former) return Repetition{"multi-match-slaves", {*former, subject}, true};
            return Repetition{"make-master", {subject}, true};
          },
  };
}

// Once the replica has taken the place of its master, only the replicas of that master are left to be moved.
Repetition below_new_local_master(const UnendedOperation& interrupted, std::span<const InstanceKey> not_moved,
                                  const std::optional<InstanceKey>&) {
  const auto& subject = interrupted.subject;
  const bool is_in_place =
      !interrupted.moves.empty() && std::find(not_moved.begin(), not_moved.end(), subject) == not_moved.end();
  const auto former = noted_master(interrupted, subject);
  if (is_in_place && former) return {"multi-match-slaves", {*former, subject}};
  return {"make-local-master", {subject}};
}

Operation make_local_master() {
  return {
      .name = "make-local-master",
      .summary = "Put a replica in the place of its master, which may be dead, by Pseudo-GTID",
      .help =
          R"(The replica moves below its grandparent, and its siblings move below it. Its master is not contacted. Refused
when a sibling has executed more.

  orchestrator -c make-local-master -i db3.example.com
)",
      .menu = MenuEntry{Section::move, "Make local master",
                        "Replaces its master, which may be dead, by Pseudo-GTID.",
                        [](const KnownInstance& known) {
                          return is_pseudo_gtid_replica(known) && has_grandparent(known) &&
                                 is_serving_replica(known);
                        }},
      .concerned =
          [](const PlanInput& in) {
            const auto master = known_master(in.topology, in.arguments.instance);
            if (!master) return std::vector{in.arguments.instance};
            auto keys = replicas_of(in.topology, *master, {});
            keys.push_back(in.arguments.instance);
            add_known(known_master(in.topology, *master), keys);
            return keys;
          },
      .plan =
          [](const PlanInput& in) {
            return plan_make_local_master(in.topology, in.arguments.instance, in.limits);
          },
      .audit = made_master,
      .answer =
          [](const OperationReport& report) {
            return changed(report,
                           fmt::format("Instance {} now made local master", report.plan.subject.display()));
          },
      .repeat = below_new_local_master,
  };
}

}  // namespace

std::vector<Operation> matching_operations() {
  return {match_below(),     match_up(),       rematch(),     multi_match_slaves(),
          match_up_slaves(), regroup_slaves(), make_master(), make_local_master()};
}

}  // namespace topo::refactor
