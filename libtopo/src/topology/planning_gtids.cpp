// Plans that mend errant transactions.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "topo/topology/errant.h"
#include "topo/topology/planning.h"
#include "topology/requirements.h"

namespace topo {
namespace {

const KnownInstance& replica_with_gtids(const Topology& topology, const InstanceKey& key) {
  const auto& known = require_reachable(topology, key);
  if (!known.instance.is_replica()) refuse_plan("{} is not a replica", key.display());
  require(why_no_gtids(known.instance));
  return known;
}

// The members of the ring, or the master at the top.
std::vector<const KnownInstance*> topmost(const Topology& topology, const KnownInstance& replica) {
  std::vector<const KnownInstance*> path{&replica};
  std::set<const KnownInstance*> passed{&replica};
  while (const auto* above = topology.master_of(*path.back())) {
    if (passed.insert(above).second) {
      path.push_back(above);
      continue;
    }
    return {std::find(path.begin(), path.end(), above), path.end()};
  }
  if (path.back()->instance.is_replica()) {
    refuse_plan("the master of {}, {}, is not known", path.back()->instance.key.display(),
                display_of(path.back()->instance.master_key()));
  }
  return {path.back()};
}

std::string replicas_text(const Topology& topology, const KnownInstance& known) {
  std::set<InstanceKey> keys(known.instance.replica_hosts.begin(), known.instance.replica_hosts.end());
  for (const auto* replica : topology.replicas_of(known)) keys.insert(replica->instance.key);
  std::string text;
  for (const auto& key : keys) text.append(text.empty() ? "" : ", ").append(key.display());
  return text;
}

Plan with_known_errant(const Instance& replica, Plan plan) {
  const auto& errant = replica.errant_gtids;
  if (!errant.empty()) set_errant({errant_count(replica), errant}, plan);
  return plan;
}

}  // namespace

InstanceKey master_to_inject(const Topology& topology, const InstanceKey& key) {
  const auto& replica = replica_with_gtids(topology, key);
  if (is_mariadb(replica.instance.version)) {
    refuse_plan(
        "{} is a MariaDB server: there, a transaction cannot be committed with a GTID below those that its "
        "domain has reached; gtid-errant-reset-master lets the replica forget its errant transactions",
        key.display());
  }
  std::string why_not;
  for (const auto* master : topmost(topology, replica)) {
    const auto name = master->instance.key.display();
    if (!master->last_check_valid)
      why_not = fmt::format("{} cannot be read: {}", name, master->last_check_error);
    else if (master->instance.read_only)
      why_not = fmt::format(
          "{0} is read-only; if it is the master of its cluster, `set-writeable -i {0}` ends that, and if "
          "another "
          "one has taken its place, `match-below -i {1} -allow-errant -s THAT` puts {1} below that first",
          name, key.display());
    else if (const auto refusal = why_no_gtids(master->instance))
      why_not = refusal->reason;
    else
      return master->instance.key;
  }
  refuse_plan("The errant transactions of {} can only be committed on a writeable master: {}", key.display(),
              why_not);
}

Plan plan_inject_empty(const Topology& topology, const InstanceKey& key) {
  const auto master = master_to_inject(topology, key);
  Plan plan;
  plan.subject = key;
  plan.replica_steps = {{key, {}, {InjectEmpty{master, key, ""}}}};
  plan.locks = {{key, "inject empty transactions"}, {master, "inject empty transactions"}};
  return with_known_errant(require_known(topology, key).instance,
                           require_unlocked(topology, std::move(plan)));
}

Plan plan_forget_errant(const Topology& topology, const InstanceKey& key) {
  const auto& replica = replica_with_gtids(topology, key);
  if (replica.instance.is_multi_source()) {
    refuse_plan("{} replicates on {} channels; only a replica of one can forget transactions", key.display(),
                replica.instance.channels_in_use());
  }
  if (const auto replicas = replicas_text(topology, replica); !replicas.empty()) {
    refuse_plan("{} has replicas, which may need its binary logs: {}; move them away first", key.display(),
                replicas);
  }
  if (!is_mariadb(replica.instance.version) && !replica.instance.read_only) {
    refuse_plan(
        "{} is writable: what clients commit while its GTIDs are reset would get numbers of other "
        "transactions; set-read-only first",
        key.display());
  }
  Plan plan;
  plan.subject = key;
  plan.replica_steps = {
      {key, {}, {StopReplication{key}, ForgetTransactions{key, ""}, StartReplication{key}}}};
  plan.locks = {{key, "forget errant transactions"}};
  return with_known_errant(replica.instance, require_unlocked(topology, std::move(plan)));
}

void set_errant(const GtidLead& errant, Plan& plan) {
  for (auto& step : plan.replica_steps.front().move) {
    if (auto* forget = std::get_if<ForgetTransactions>(&step)) forget->errant = errant.gtids;
    auto* inject = std::get_if<InjectEmpty>(&step);
    if (inject == nullptr) continue;
    if (errant.count > max_injected) {
      refuse_plan(
          "{} has {} errant transactions, and at most {} are committed as empty ones: every server of the "
          "cluster would execute them; gtid-errant-reset-master lets {} forget them",
          plan.subject.display(), errant.count, max_injected, plan.subject.display());
    }
    inject->gtids = errant.gtids;
  }
}

}  // namespace topo
