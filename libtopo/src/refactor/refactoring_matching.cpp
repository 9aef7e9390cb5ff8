// The operations of Refactoring that find places by Pseudo-GTID.
#include <vector>

#include "topo/context.h"
#include "topo/refactor/refactoring.h"

namespace topo::refactor {
namespace {

// Without that one, which may be dead.
std::vector<InstanceKey> replicas_alone(const Topology& topology, const InstanceKey& key,
                                        const Filter& filter) {
  std::vector<InstanceKey> keys;
  const auto* known = topology.find(key);
  if (known == nullptr) return keys;
  for (const auto* replica : topology.replicas_of(*known)) {
    if (!filter || filter(replica->instance.key)) keys.push_back(replica->instance.key);
  }
  return keys;
}

// Invalid: it has none, or it is not known.
InstanceKey known_master(const Topology& topology, const InstanceKey& key) {
  const auto* known = topology.find(key);
  return known == nullptr || !known->instance.is_replica() ? InstanceKey{} : known->instance.master_key();
}

}  // namespace

Report Refactoring::match_below(const InstanceKey& replica, const InstanceKey& other,
                                const Request& request) {
  return carry_out(
      replica,
      [&](const Topology&) {
        return std::vector{replica, other};
      },
      [&](const Topology& topology) {
        return plan_match_below(topology, replica, other, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::match_up(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        std::vector keys{replica};
        const auto grandparent = known_master(topology, known_master(topology, replica));
        if (grandparent.valid()) keys.push_back(grandparent);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_match_up(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::rematch(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        std::vector keys{replica};
        const auto master = known_master(topology, replica);
        if (master.valid()) keys.push_back(master);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_rematch(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::multi_match(const InstanceKey& master, const InstanceKey& below, const Request& request) {
  return carry_out(
      master,
      [&](const Topology& topology) {
        auto keys = replicas_alone(topology, master, request.filter);
        keys.push_back(below);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_multi_match(topology, master, below, request.filter,
                                rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::match_up_replicas(const InstanceKey& master, const Request& request) {
  return carry_out(
      master,
      [&](const Topology& topology) {
        auto keys = replicas_alone(topology, master, request.filter);
        const auto above = known_master(topology, master);
        if (above.valid()) keys.push_back(above);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_match_up_replicas(topology, master, request.filter,
                                      rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::regroup_replicas(const InstanceKey& master, const Request& request) {
  const auto& configuration = context_.configuration();
  const auto denied = matching_host(configuration.deny_auto_promotion_hostname_pattern);
  return carry_out(
      master, [&](const Topology& topology) { return replicas_alone(topology, master, {}); },
      [&](const Topology& topology) {
        return plan_regroup_replicas(topology, master, denied, rule_limits(configuration));
      },
      request);
}

Report Refactoring::make_master(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        auto keys = replicas_alone(topology, known_master(topology, replica), {});
        keys.push_back(replica);
        // That it is dead has to be seen.
        if (const auto master = known_master(topology, replica); master.valid()) keys.push_back(master);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_make_master(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::make_local_master(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        const auto master = known_master(topology, replica);
        auto keys = replicas_alone(topology, master, {});
        keys.push_back(replica);
        if (const auto top = known_master(topology, master); top.valid()) keys.push_back(top);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_make_local_master(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

}  // namespace topo::refactor
