// Plans for the replication of one instance.
#include <fmt/format.h>

#include "topo/topology/planning.h"
#include "topology/requirements.h"

namespace topo {
namespace {

const Instance& replica_of_one(const Topology& topology, const InstanceKey& key) {
  const Instance& instance = require_reachable(topology, key).instance;
  const auto* channel = instance.replication();
  if (channel == nullptr || !channel->has_master()) refuse_plan("{} is not a replica", key.display());
  return instance;
}

Plan plan_of(const InstanceKey& key, std::vector<Step> steps) {
  Plan plan;
  plan.subject = key;
  plan.replica_steps = {{key, {}, std::move(steps)}};
  return plan;
}

Plan locked(const Topology& topology, Plan plan, std::string reason) {
  plan.locks = {{plan.subject, std::move(reason)}};
  return require_unlocked(topology, std::move(plan));
}

Plan nothing_to_do(const InstanceKey& key) {
  Plan plan;
  plan.subject = key;
  return plan;
}

void refuse_gtid(const Instance& replica, std::string_view what) {
  const auto& channel = *replica.replication();
  if (channel.using_oracle_gtid || channel.using_mariadb_gtid) {
    refuse_plan("{} replicates by GTID, and has no coordinates that could be {}; stop-slave stops it",
                replica.key.display(), what);
  }
}

// Started, the replica would fail, or execute its master's log from the first file.
void refuse_placeless(const Instance& replica) {
  if (is_detached(replica)) refuse_plan("{} is detached; reattach-slave undoes that", replica.key.display());
  if (replica.is_replica()) return;
  refuse_plan(
      "{} has no coordinates in the log of its master, {}, as it was reset or never started; CHANGE MASTER "
      "TO with coordinates sets them, and reset-slave makes it forget that master",
      replica.key.display(), display_of(replica.replication()->master));
}

}  // namespace

Plan plan_stop_replication(const Topology& topology, const InstanceKey& key) {
  replica_of_one(topology, key);
  return locked_beside(topology, plan_of(key, {StopReplication{key}}), "stop replica");
}

Plan plan_stop_nicely(const Topology& topology, const InstanceKey& key) {
  replica_of_one(topology, key);
  return locked_beside(topology, plan_of(key, {DrainRelayLog{key}}), "stop replica nicely");
}

Plan plan_start_replication(const Topology& topology, const InstanceKey& key) {
  refuse_placeless(replica_of_one(topology, key));
  return locked_beside(topology, plan_of(key, {StartReplication{key, true}}), "start replica");
}

Plan plan_restart_replication(const Topology& topology, const InstanceKey& key) {
  refuse_placeless(replica_of_one(topology, key));
  return locked_beside(topology, plan_of(key, {StopReplication{key}, StartReplication{key, true}}),
                       "restart replica");
}

Plan plan_skip_query(const Topology& topology, const InstanceKey& key) {
  const Instance& replica = replica_of_one(topology, key);
  const auto& channel = *replica.replication();
  const auto name = key.display();
  if (channel.sql_thread == ThreadState::running)
    refuse_plan("the SQL thread of {} runs: there is nothing to skip", name);
  if (channel.last_sql_error.empty())
    refuse_plan("{} has no replication error: there is nothing to skip", name);
  if (replica.gtid_mode == "ON") {
    refuse_plan(
        "{} has gtid_mode ON, where sql_slave_skip_counter cannot be used; to leave the transaction out, "
        "commit an empty one in its place: SET GTID_NEXT = '<its GTID>'; BEGIN; COMMIT; SET GTID_NEXT = "
        "'AUTOMATIC'",
        name);
  }
  return locked_beside(topology, plan_of(key, {SkipTransaction{key}, StartReplication{key, true}}),
                       "skip query");
}

Plan plan_reset_replica(const Topology& topology, const InstanceKey& key, Loss loss) {
  const Instance& replica = replica_of_one(topology, key);
  // The statement would make the replica forget the masters of all channels.
  if (replica.is_multi_source()) {
    refuse_plan("{} replicates on {} channels; only a replica of one can be reset", key.display(),
                replica.channels_in_use());
  }
  require(why_not_by_large_ring(topology, key, replica.master_key()));
  const bool only_if_executed = loss == Loss::refuse;
  if (only_if_executed) require(why_not_delete_relay_log(replica));
  return locked(topology, plan_of(key, {StopReplication{key}, ForgetMaster{key, only_if_executed}}),
                "reset replica");
}

Plan plan_detach_replica(const Topology& topology, const InstanceKey& key, Loss loss) {
  const Instance& replica = replica_of_one(topology, key);
  if (is_detached(replica)) return nothing_to_do(key);
  if (replica.replication()->exec.empty()) refuse_plan("{} has never read from its master", key.display());
  refuse_gtid(replica, "detached");
  require(why_not_by_large_ring(topology, key, replica.master_key()));
  const bool only_if_executed = loss == Loss::refuse;
  if (only_if_executed) require(why_not_delete_relay_log(replica));
  // The replica stays stopped.
  return locked(topology, plan_of(key, {StopReplication{key}, Detach{key, only_if_executed}}),
                "detach replica");
}

Plan plan_reattach_replica(const Topology& topology, const InstanceKey& key) {
  const Instance& replica = replica_of_one(topology, key);
  if (!is_detached(replica)) return nothing_to_do(key);
  return locked(topology, plan_of(key, {StopReplication{key}, Reattach{key}, StartReplication{key, true}}),
                "reattach replica");
}

Plan plan_set_read_only(const Topology& topology, const InstanceKey& key, bool read_only) {
  const auto& known = require_reachable(topology, key);
  auto plan = plan_of(key, {SetReadOnly{key, read_only}});
  if (read_only) return plan;  // refusing writes cannot wait, and disturbs no operation
  const auto* other = topology.co_master_of(known);
  if (other != nullptr && other->last_check_valid && !other->instance.read_only)
    plan.shortcomings.push_back(describe_two_writable(key, other->instance.key));
  return locked_beside(topology, std::move(plan), "set writeable");
}

Plan plan_set_semi_sync(const Topology& topology, const InstanceKey& key, SemiSyncSide side, bool on) {
  const auto& instance = require_reachable(topology, key).instance;
  const bool is_source = side == SemiSyncSide::source;
  const auto& known = instance.semi_sync;
  if (known && !(is_source ? known->has_source : known->has_replica)) {
    refuse_plan(
        "{} has no semi-synchronous replication as a {}: its plugin is not loaded; INSTALL PLUGIN loads it",
        key.display(), is_source ? "source" : "replica");
  }
  SetSemiSync change{key, {}};
  (is_source ? change.change.source : change.change.replica) = on;
  if (!is_source && known && known->replica_enabled == on) return nothing_to_do(key);
  auto plan = plan_of(key, {std::move(change)});
  const auto* channel = instance.is_replica() ? instance.replication() : nullptr;
  if (!is_source && channel != nullptr && channel->io_thread != ThreadState::stopped) {
    auto& move = plan.replica_steps.front().move;
    move.insert(move.begin(), StopReplication{key});
    move.emplace_back(StartReplication{key});
  }
  return locked_beside(topology, std::move(plan), "set semi-sync");
}

Plan plan_kill_query(const Topology& topology, const InstanceKey& key, std::uint64_t process) {
  require_reachable(topology, key);
  return plan_of(key, {KillQuery{key, process}});
}

}  // namespace topo
