#include "topo/topology/planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "topology/requirements.h"

namespace topo {
namespace {

PlanCoordinates executed(const InstanceKey& key) {
  return {PlanCoordinates::Kind::executed, key};
}
PlanCoordinates log_end(const InstanceKey& key) {
  return {PlanCoordinates::Kind::log_end, key};
}

// Without GTIDs, a replica that moves below a co-master, or from it to the other co-master, gets its
// coordinates from what that co-master has executed of the other's log, which does not cover its own writes.
// All of these must have come back to it, and it must accept no new writes meanwhile.
std::optional<Refusal> why_not_by_ring(const Topology& topology, const Instance& replica,
                                       const InstanceKey& co_master, const RuleLimits& limits) {
  const auto* known_co_master = topology.find(co_master);
  const auto* other = known_co_master == nullptr ? nullptr : topology.co_master_of(*known_co_master);
  if (other == nullptr || by_gtid(replica)) return std::nullopt;
  if (!known_co_master->instance.read_only) {
    return Refusal{
        fmt::format("{0} is a writable co-master (read_only is off): its coordinates in the log of "
                    "{1} do not cover its own writes",
                    co_master.display(), other->instance.key.display())};
  }
  if (auto refusal = why_not_move(*known_co_master, limits)) return refusal;
  return why_not_move(*other, limits);
}

// Before the co-master is stopped, all its own writes come back to it. It keeps running meanwhile: it skips
// its own events, and START SLAVE UNTIL would not reach a position behind such an event.
void wait_for_co_masters(const Topology& topology, const InstanceKey& co_master, Plan& plan,
                         std::vector<Step>& steps) {
  const auto* other = topology.co_master_of(*topology.find(co_master));
  const bool needs_coordinates = std::any_of(
      plan.replica_steps.begin(), plan.replica_steps.end(),
      [&](const ReplicaSteps& moving) { return !by_gtid(topology.find(moving.replica)->instance); });
  if (other == nullptr || !needs_coordinates) return;
  const auto& key = other->instance.key;
  steps.insert(steps.begin(), {WaitUntil{key, log_end(co_master)}, WaitUntil{co_master, log_end(key)}});
  plan.locks.push_back({key, fmt::format("replicas of {}, its co-master, move", co_master.display())});
}

// Without GTIDs, the replica takes over its master's executed coordinates in the grandparent's log.
std::optional<Refusal> why_not_from_its_place(const Instance& replica, const Instance& master) {
  if (by_gtid(replica) || !master.never_connected()) return std::nullopt;
  return Refusal{fmt::format("{} has never connected to its master, {}, and has no coordinates there",
                             master.key.display(), display_of(master.master_key()))};
}

// The rules for one replica of `master` that becomes its sibling.
std::optional<Refusal> why_not_up(const Topology& topology, const KnownInstance& replica,
                                  const Instance& master, const RuleLimits& limits) {
  const Instance& instance = replica.instance;
  const auto above = master.master_key();
  if (!above) return Refusal{fmt::format("{} does not replicate from a known master", master.key.display())};
  const auto& grandparent = *above;
  if (auto refusal = why_not_by_large_ring(topology, instance.key, grandparent)) return refusal;
  if (auto refusal = why_not_move(replica, limits)) return refusal;
  if (grandparent == instance.key) {
    return Refusal{fmt::format("{} and {} are co-masters: there is nothing above them",
                               instance.key.display(), master.key.display())};
  }
  if (auto refusal = why_not_from_its_place(instance, master)) return refusal;
  // The grandparent is not contacted: stored data must suffice.
  const auto* known = topology.find(grandparent);
  if (auto refusal = why_not_by_ring(topology, instance, master.key, limits)) {
    const bool is_passive = known->instance.read_only && !master.read_only;
    if (is_passive) refusal->reason += fmt::format("; use move-below {}", grandparent.display());
    return refusal;
  }
  if (auto refusal = why_not_replicate(instance, master, limits)) return refusal;
  return known == nullptr ? std::nullopt : why_not_replicate(instance, known->instance, limits);
}

ReplicaSteps steps_up(const Instance& replica, const Instance& master) {
  const auto& key = replica.key;
  return {key,
          {},
          {StopReplication{key}, RunUntil{key, log_end(master.key)},
           ChangeMaster{key, master.required_master(), executed(master.key), by_gtid(replica)},
           StartReplication{key}}};
}

Plan plan_up(const InstanceKey& subject, const Instance& master) {
  Plan plan;
  plan.subject = subject;
  plan.before = {StopReplication{master.key}};
  plan.after = {StartReplication{master.key}};
  return plan;
}

// `siblings` move below their sibling `below`.
Plan plan_below(const InstanceKey& subject, const Topology& topology, const Instance& below,
                const std::vector<const Instance*>& siblings) {
  Plan plan;
  plan.subject = subject;
  std::vector<InstanceKey> keys;
  for (const auto* sibling : siblings) {
    const auto& key = sibling->key;
    keys.push_back(key);
    plan.replica_steps.push_back(
        {key,
         {StopReplication{key}},
         {RunUntil{key, executed(below.key)},
          ChangeMaster{key, below.key, log_end(below.key), by_gtid(*sibling)}, StartReplication{key}}});
    plan.locks.push_back({key, fmt::format("move below {}", below.key.display())});
    plan.result.emplace_back(key, below.key);
  }
  plan.locks.push_back({below.key, keys.size() == 1
                                       ? fmt::format("{} moves below this", keys.front().display())
                                       : fmt::format("{} siblings move below this", keys.size())});
  plan.between = {StopReplication{below.key}, CatchUp{below.key, std::move(keys)}};
  wait_for_co_masters(topology, below.key, plan, plan.between);
  plan.after = {StartReplication{below.key}};
  return plan;
}

// The sibling must execute what the replica has executed; the replica waits until the sibling's delay is
// over.
std::optional<Refusal> why_not_by_delay(const Instance& sibling) {
  const auto* channel = sibling.replication();
  if (channel->sql_delay.count() == 0) return std::nullopt;
  return Refusal{fmt::format(
      "{} has a configured delay of {} s: a replica moved below it would be stopped until it has caught up; "
      "match-below does not wait",
      sibling.key.display(), channel->sql_delay.count())};
}

std::optional<Refusal> why_not_below_sibling(const Topology& topology, const KnownInstance& replica,
                                             const KnownInstance& sibling, const RuleLimits& limits) {
  if (auto refusal = why_not_by_large_ring(topology, replica.instance.key, sibling.instance.key))
    return refusal;
  if (auto refusal = why_not_move(replica, limits)) return refusal;
  if (auto refusal = why_not_below(topology, replica.instance, sibling.instance, limits)) return refusal;
  if (auto refusal = why_not_by_delay(sibling.instance)) return refusal;
  return why_not_by_ring(topology, replica.instance, sibling.instance.key, limits);
}

}  // namespace

Plan plan_move_up(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const Instance& master = master_of(topology, replica).instance;
  if (!master.is_replica())
    refuse_plan("{}, the master of {}, is not a replica itself", master.key.display(), key.display());
  require(why_not_a_replica(master));
  require_reachable(topology, master.key);
  require(why_not_up(topology, replica, master, limits));
  auto plan = plan_up(key, master);
  plan.locks = {{key, "move up"}, {master.key, fmt::format("replica {} moves up", key.display())}};
  plan.replica_steps = {steps_up(replica.instance, master)};
  plan.result = {{key, master.required_master()}};
  wait_for_co_masters(topology, master.key, plan, plan.before);
  return require_unlocked(topology, std::move(plan));
}

Plan plan_move_up_replicas(const Topology& topology, const InstanceKey& key, const Filter& filter,
                           const RuleLimits& limits) {
  const auto& known = require_reachable(topology, key);
  const Instance& master = known.instance;
  require(why_not_a_replica(master));
  auto plan = plan_up(key, master);
  plan.locks = {{key, "move up replicas"}};
  for (const auto* replica : topology.replicas_of(known)) {
    const auto& replica_key = replica->instance.key;
    if (!passes(filter, replica_key) || replica == topology.co_master_of(known)) continue;
    if (auto refusal = why_not_up(topology, *replica, master, limits)) {
      plan.refused.emplace_back(replica_key, std::move(*refusal));
      continue;
    }
    plan.replica_steps.push_back(steps_up(replica->instance, master));
    plan.locks.push_back({replica_key, fmt::format("{} moves up", replica_key.display())});
    plan.result.emplace_back(replica_key, master.required_master());
  }
  wait_for_co_masters(topology, key, plan, plan.before);
  return require_unlocked(topology, require_any_replica(std::move(plan)));
}

Plan plan_move_below(const Topology& topology, const InstanceKey& key, const InstanceKey& sibling_key,
                     const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& sibling = require_known(topology, sibling_key);
  if (key == sibling_key) refuse_plan("{} cannot be moved below itself", key.display());
  require(why_not_a_replica(replica.instance));
  require(why_not_a_replica(sibling.instance));
  const auto master = replica.instance.master_key();
  const auto other_master = sibling.instance.master_key();
  if (master != other_master) {
    const auto is_unknown = [&](const InstanceKey& name) { return topology.find(name) == nullptr; };
    const bool may_be_same = master && other_master && master->port() == other_master->port() &&
                             (is_unknown(*master) || is_unknown(*other_master));
    refuse_plan(
        "{} and {} are not siblings: they replicate from {} and {}{}", key.display(), sibling_key.display(),
        display_of(master), display_of(other_master),
        may_be_same ? "; `discover` both replicas to find out whether these are names of one server" : "");
  }
  require(why_not_move(sibling, limits));
  require(why_not_below_sibling(topology, replica, sibling, limits));
  return require_unlocked(topology, plan_below(key, topology, sibling.instance, {&replica.instance}));
}

Plan plan_enslave_siblings(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& master = master_of(topology, replica);
  require(why_not_move(replica, limits));
  require(why_not_by_large_ring(topology, key, master.instance.key));
  std::vector<const Instance*> siblings;
  std::vector<std::pair<InstanceKey, Refusal>> refused;
  for (const auto* sibling : topology.replicas_of(master)) {
    if (sibling->instance.key == key || sibling == topology.co_master_of(master)) continue;
    if (auto refusal = why_not_below_sibling(topology, *sibling, replica, limits))
      refused.emplace_back(sibling->instance.key, std::move(*refusal));
    else
      siblings.push_back(&sibling->instance);
  }
  auto plan = plan_below(key, topology, replica.instance, siblings);
  plan.refused = std::move(refused);
  return require_unlocked(topology, require_any_replica(std::move(plan)));
}

Plan plan_enslave_master(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& known_master = master_of(topology, replica);
  const Instance& master = known_master.instance;
  if (!master.is_replica())
    refuse_plan("{}, the master of {}, is not a replica itself; graceful-master-takeover replaces a master",
                master.key.display(), key.display());
  require(why_not_a_replica(master));
  require(why_not_by_large_ring(topology, key, master.master_key()));
  require(why_not_move(replica, limits));
  require_reachable(topology, master.key);
  if (master.is_multi_source())
    refuse_plan("{} replicates on {} channels", master.key.display(), master.channels_in_use());
  const auto top = master.required_master();
  if (const auto* other = topology.co_master_of(known_master)) {
    refuse_plan("{} and {} are co-masters: none of their replicas can take the place of one",
                master.key.display(), other->instance.key.display());
  }
  require(why_not_from_its_place(replica.instance, master));
  require(why_not_replicate(replica.instance, master, limits));
  require(why_not_replicate(master, replica.instance, limits));
  if (const auto* known_top = topology.find(top))
    require(why_not_replicate(replica.instance, known_top->instance, limits));

  auto plan = plan_up(key, master);
  plan.locks = {{key, fmt::format("take the place of {}", master.key.display())},
                {master.key, fmt::format("{} takes the place of this", key.display())}};
  plan.replica_steps = {
      {key,
       {},
       {StopReplication{key}, RunUntil{key, log_end(master.key)},
        ChangeMaster{key, top, executed(master.key), by_gtid(replica.instance), true},
        ChangeMaster{master.key, key, log_end(key), by_gtid(master)}, StartReplication{key}}}};
  plan.result = {{key, top}, {master.key, key}};
  return require_unlocked(topology, std::move(plan));
}

namespace {

std::optional<Refusal> why_not_repoint(const Topology& topology, const KnownInstance& known,
                                       const InstanceKey& master_key, const RuleLimits& limits,
                                       std::optional<bool> is_same_server) {
  const Instance& replica = known.instance;
  const auto name = replica.key.display();
  if (auto refusal = why_not_unlocked(known)) return refusal;
  if (auto refusal = why_not_by_large_ring(topology, replica.key, master_key)) return refusal;
  if (auto refusal = why_not_a_replica(replica)) return refusal;
  if (replica.is_multi_source())
    return Refusal{fmt::format("{} replicates on {} channels", name, replica.channels_in_use())};
  if (is_detached(replica)) return Refusal{fmt::format("{} is detached; reattach-slave undoes that", name)};
  if (!by_gtid(replica) && replica.replication()->exec.file.empty()) {
    return Refusal{
        fmt::format("{} has no coordinates yet, as it has never connected to its master, {}; match-below "
                    "finds a place, and CHANGE MASTER TO takes one",
                    name, display_of(replica.master_key()))};
  }
  if (master_key == replica.master_key()) return why_not_sure_of_master(known);
  const Instance& master = require_known(topology, master_key).instance;
  if (auto refusal = why_not_below(topology, replica, master, limits)) return refusal;
  if (by_gtid(replica) || master.is_binlog_server || is_same_server.value_or(false)) return std::nullopt;
  const auto present_key = replica.master_key();
  const auto* present = present_key ? topology.find(*present_key) : nullptr;
  if (present != nullptr && present->instance.is_binlog_server) return std::nullopt;
  if (present == nullptr && !is_same_server && was_last_master(replica, master)) return std::nullopt;
  if (present == nullptr) {
    return Refusal{fmt::format(
        "{0} has coordinates in the binary log of {1}, which are invalid in that of {2}, unless both are one "
        "server; {3}; move-up, move-below or matching find the right place",
        name, display_of(replica.master_key()), master_key.display(),
        is_same_server ? fmt::format("{} answers, and was not proven to be {}",
                                     display_of(replica.master_key()), master_key.display())
                       : fmt::format("{} does not answer, and {} does not report that its master was {}",
                                     display_of(replica.master_key()), name, master_key.display()))};
  }
  return Refusal{fmt::format(
      "{0} has coordinates in the binary log of {1}, which are invalid in that of {2}, unless both are one "
      "server, which could not be proven; move-up, move-below or matching find the right place{3}",
      name, display_of(replica.master_key()), master_key.display(),
      was_last_master(replica, master) ? fmt::format(", or, if {1} is the new name of {0}, forget {0} first",
                                                     display_of(replica.master_key()), master_key.display())
                                       : "")};
}

// The same master sends again what is in the relay log; another one may lack it.
ReplicaSteps steps_repoint(const Instance& replica, const InstanceKey& master, bool is_same) {
  const auto& key = replica.key;
  return {key,
          {},
          {is_same ? Step{StopReplication{key}} : stop_before_move(replica),
           ChangeMaster{key, master, executed(key), by_gtid(replica)}, StartReplication{key}}};
}

}  // namespace

Step stop_before_move(const Instance& replica) {
  const auto* channel = replica.replication();
  if (channel != nullptr && channel->io_thread == ThreadState::running) return StopReplication{replica.key};
  return DrainRelayLog{replica.key, true};
}

Plan plan_repoint(const Topology& topology, const InstanceKey& key, const std::optional<InstanceKey>& to,
                  const RuleLimits& limits, std::optional<bool> is_same_server) {
  const auto& known = require_known(topology, key);
  const Instance& replica = known.instance;
  require(why_not_a_replica(replica));
  const auto master = to ? *to : replica.required_master();
  if (to || topology.find(master) != nullptr) require_reachable(topology, master);
  require(why_not_repoint(topology, known, master, limits, is_same_server));
  Plan plan;
  plan.subject = key;
  plan.locks = {{key, "repoint"}};
  const auto present = replica.master_key();
  plan.replica_steps = {steps_repoint(replica, master, master == present || is_same_server.value_or(false))};
  plan.result = {{key, master}};
  if (is_same_server.value_or(false) && present && master != present) plan.other_name = {master, *present};
  return plan;
}

Plan plan_repoint_replicas(const Topology& topology, const InstanceKey& key, const Filter& filter,
                           const RuleLimits& limits) {
  Plan plan;
  plan.subject = key;
  for (const auto* replica : topology.replicas_of(require_known(topology, key))) {
    const auto& replica_key = replica->instance.key;
    if (!passes(filter, replica_key)) continue;
    if (auto refusal = why_not_repoint(topology, *replica, key, limits, true)) {
      plan.refused.emplace_back(replica_key, std::move(*refusal));
      continue;
    }
    plan.locks.push_back({replica_key, "repoint"});
    plan.replica_steps.push_back(steps_repoint(replica->instance, key, true));
    plan.result.emplace_back(replica_key, key);
  }
  return require_any_replica(std::move(plan));
}

Plan plan_make_co_master(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& master = master_of(topology, replica);
  const auto& master_key = master.instance.key;
  if (master.instance.master_key() == key)
    refuse_plan("{} and {} are co-masters already", key.display(), master_key.display());
  if (const auto* above = topology.master_of(master)) {
    refuse_plan("{} replicates from {}; only a master that is at the top can be made a co-master",
                master_key.display(), above->instance.key.display());
  }
  require(why_not_become_co_master(master, limits));
  require(why_not_move(replica, limits));
  require(why_not_replicate(master.instance, replica.instance, limits));
  Plan plan;
  plan.subject = key;
  plan.locks = {{key, fmt::format("make co-master of {}", master_key.display())},
                {master_key, fmt::format("{} becomes co-master of this", key.display())}};
  plan.replica_steps = {
      {master_key,
       {},
       {ChangeMaster{master_key, key, log_end(key), replica.instance.replication()->using_oracle_gtid},
        StartReplication{master_key}}}};
  plan.result = {{master_key, key}};
  if (!master.instance.read_only && !replica.instance.read_only)
    plan.shortcomings.push_back(describe_two_writable(key, master_key));
  return require_unlocked(topology, std::move(plan));
}

void note_filters(const Topology& topology, Plan& plan) {
  std::map<InstanceKey, std::vector<std::string>> by_master;
  for (const auto& [replica_key, master_key] : plan.result) {
    const auto* replica = topology.find(replica_key);
    const auto* master = topology.find(master_key);
    if (replica == nullptr || master == nullptr || (plan.promotes && plan.candidate == master_key) ||
        replica->instance.master_key() == master_key)
      continue;
    if (has_filters(master->instance) && !has_filters(replica->instance))
      by_master[master_key].push_back(replica_key.display());
  }
  constexpr std::size_t named = 3;
  for (const auto& [master, replicas] : by_master) {
    plan.shortcomings.push_back(
        fmt::format("{} has replication filters: {} will not get what they leave out", master.display(),
                    replicas.size() > named ? fmt::format("{} replicas", replicas.size())
                                            : fmt::to_string(fmt::join(replicas, ", "))));
  }
}

std::string describe_two_writable(const InstanceKey& one, const InstanceKey& other) {
  return fmt::format("{} and {} are co-masters that both take writes; set-read-only -i {} lets only {} do so",
                     one.display(), other.display(), one.display(), other.display());
}

}  // namespace topo
