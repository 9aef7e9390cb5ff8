// The operations of Refactoring, but for those that find places by Pseudo-GTID: whom each concerns, and its
// plan.
#include <algorithm>
#include <vector>

#include "refactor/co_master_account.h"
#include "topo/context.h"
#include "topo/refactor/refactoring.h"

namespace topo::refactor {
namespace {

// The other one of two co-masters has a say when replicas of `key` come or go.
void add_co_master(const Topology& topology, const InstanceKey& key, std::vector<InstanceKey>& keys) {
  const auto* known = topology.find(key);
  const auto* other = known == nullptr ? nullptr : topology.co_master_of(*known);
  if (other != nullptr) keys.push_back(other->instance.key);
}

std::vector<InstanceKey> with_master(const Topology& topology, const InstanceKey& key) {
  std::vector<InstanceKey> keys{key};
  const auto* known = topology.find(key);
  if (known == nullptr || !known->instance.is_replica()) return keys;
  keys.push_back(known->instance.master_key());
  add_co_master(topology, known->instance.master_key(), keys);
  return keys;
}

std::vector<InstanceKey> with_replicas(const Topology& topology, const InstanceKey& key,
                                       const Filter& filter) {
  std::vector<InstanceKey> keys{key};
  const auto* known = topology.find(key);
  if (known == nullptr) return keys;
  for (const auto* replica : topology.replicas_of(*known)) {
    if (!filter || filter(replica->instance.key)) keys.push_back(replica->instance.key);
  }
  add_co_master(topology, key, keys);
  return keys;
}

}  // namespace

Report Refactoring::move_up(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica, [&](const Topology& topology) { return with_master(topology, replica); },
      [&](const Topology& topology) {
        return plan_move_up(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::move_up_replicas(const InstanceKey& master, const Request& request) {
  return carry_out(
      master, [&](const Topology& topology) { return with_replicas(topology, master, request.filter); },
      [&](const Topology& topology) {
        return plan_move_up_replicas(topology, master, request.filter, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::move_below(const InstanceKey& replica, const InstanceKey& sibling,
                               const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        std::vector keys{replica, sibling};
        add_co_master(topology, sibling, keys);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_move_below(topology, replica, sibling, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::enslave_siblings(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        const auto* known = topology.find(replica);
        if (known == nullptr || !known->instance.is_replica()) return std::vector{replica};
        const auto master = known->instance.master_key();
        auto keys = with_replicas(topology, master, {});
        std::erase(keys, master);
        keys.push_back(replica);
        add_co_master(topology, replica, keys);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_enslave_siblings(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::enslave_master(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica, [&](const Topology& topology) { return with_master(topology, replica); },
      [&](const Topology& topology) {
        return plan_enslave_master(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::repoint(const InstanceKey& replica, const std::optional<InstanceKey>& master,
                            const Request& request) {
  const auto is_renamed = [&](const Topology& topology) -> std::optional<bool> {
    const auto* known = topology.find(replica);
    const auto present = known == nullptr ? InstanceKey{} : known->instance.master_key();
    if (!master || !present.valid() || present == *master) return false;
    return make_servers_()->are_same(present, *master);
  };
  return carry_out(
      replica,
      [&](const Topology& topology) {
        return master ? std::vector{replica, *master} : with_master(topology, replica);
      },
      [&](const Topology& topology) {
        return plan_repoint(topology, replica, master, rule_limits(context_.configuration()),
                            is_renamed(topology));
      },
      request);
}

Report Refactoring::repoint_replicas(const InstanceKey& master, const Request& request) {
  return carry_out(
      master, [&](const Topology& topology) { return with_replicas(topology, master, request.filter); },
      [&](const Topology& topology) {
        return plan_repoint_replicas(topology, master, request.filter, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::make_co_master(const InstanceKey& replica, const Request& request) {
  auto completed = request;
  return carry_out(
      replica, [&](const Topology& topology) { return with_master(topology, replica); },
      [&](const Topology& topology) {
        return plan_make_co_master(topology, replica, rule_limits(context_.configuration()));
      },
      completed,
      [&](Servers& servers, Plan& plan, const auto& read) {
        completed.account = account_of_co_master(servers, plan, read, completed.account);
      });
}

Report Refactoring::carry_out_on(const InstanceKey& key, const MakePlan& make_plan, const Request& request) {
  return carry_out(
      key, [&](const Topology&) { return std::vector{key}; }, make_plan, request);
}

Report Refactoring::stop(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_stop_replication(t, replica); }, request);
}
Report Refactoring::stop_nicely(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_stop_nicely(t, replica); }, request);
}
Report Refactoring::start(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_start_replication(t, replica); }, request);
}
Report Refactoring::restart(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_restart_replication(t, replica); }, request);
}
Report Refactoring::skip_query(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_skip_query(t, replica); }, request);
}
Report Refactoring::reset(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_reset_replica(t, replica); }, request);
}
Report Refactoring::detach(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_detach_replica(t, replica); }, request);
}
Report Refactoring::reattach(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_reattach_replica(t, replica); }, request);
}
Report Refactoring::set_read_only(const InstanceKey& instance, bool read_only, const Request& request) {
  return carry_out_on(
      instance, [&](const auto& t) { return plan_set_read_only(t, instance, read_only); }, request);
}
Report Refactoring::kill_query(const InstanceKey& instance, std::uint64_t process, const Request& request) {
  return carry_out_on(
      instance, [&](const auto& t) { return plan_kill_query(t, instance, process); }, request);
}

}  // namespace topo::refactor
