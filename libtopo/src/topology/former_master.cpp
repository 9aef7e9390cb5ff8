#include "topo/topology/former_master.h"

#include <fmt/format.h>

#include "topo/base/error.h"
#include "topo/mysql/dialect.h"
#include "topo/topology/errant.h"
#include "topo/topology/gtids.h"
#include "topo/topology/planning.h"
#include "topo/topology/rules.h"
#include "topology/requirements.h"

namespace topo {
namespace {

// Server ids of two clusters are often the same; where there are UUIDs, these decide.
std::optional<std::string> why_another_server(const Instance& instance, const ReplacedMaster& replaced) {
  const auto name = instance.key.display();
  if (!replaced.server_uuid.empty() && !instance.server_uuid.empty()) {
    if (replaced.server_uuid == instance.server_uuid) return std::nullopt;
    return fmt::format("{} is not the server that was replaced: its server_uuid is {}, and was {}", name,
                       instance.server_uuid, replaced.server_uuid);
  }
  if (replaced.server_id == 0)
    return fmt::format("{} was never read before it was replaced: it may be another server now", name);
  if (replaced.server_id == instance.server_id) return std::nullopt;
  return fmt::format("{} is not the server that was replaced: its server_id is {}, and was {}", name,
                     instance.server_id, replaced.server_id);
}

// Times are known to the second: a read within the second of the replacement may have come before it.
bool was_read_since(const KnownInstance& known) {
  return known.last_check_valid && known.since_last_seen && *known.since_last_seen < known.replaced->age;
}

// An operation died when the successor took writes already, but could still be made to replicate from the
// instance.
bool is_replaced_by_half(const KnownInstance& known) {
  return !known.unfinished_operation.empty() && known.replaced->successor_master == known.instance.key &&
         known.replaced->successor_takes_writes;
}

// The one that must take writes in place of the former master.
const KnownInstance& require_master_in_place_of(const Topology& topology, const KnownInstance& former) {
  const auto& key = former.instance.key;
  const auto& successor = require_known(topology, former.replaced->successor);
  if (is_replaced_by_half(former)) return successor;
  if (is_descendant(topology, successor.instance.key, key))
    refuse_plan("{} does not replace {} any more", successor.instance.key.display(), key.display());
  return master_of_cluster(topology, successor.instance.key);
}

}  // namespace

bool takes_writes(const Instance& instance) {
  const bool has_super =
      !instance.is_binlog_server && mysql::Dialect::of(instance.version).has_super_read_only();
  return !instance.read_only || (has_super && !instance.super_read_only);
}

std::optional<std::string> why_not_returned(const KnownInstance& known) {
  const auto& instance = known.instance;
  const auto name = instance.key.display();
  if (!known.replaced) return fmt::format("No other instance has taken the place of {} as a master", name);
  const auto& replaced = *known.replaced;
  const auto successor = replaced.successor.display();
  if (replaced.is_in_operation) return fmt::format("An operation that changes {} has not ended", name);
  if (!was_read_since(known))
    return fmt::format("{} has not been read since {} took its place", name, successor);
  if (instance.replication_unread)
    return fmt::format("{} does not tell whether it is a replica: its account lacks a privilege", name);
  if (instance.channels_in_use() > 0 && instance.read_only && !why_settled(known))
    return fmt::format("{} is a replica, of {}", name, display_of(instance.master_key()));
  if (auto another = why_another_server(instance, replaced)) return another;
  if (is_replaced_by_half(known)) return std::nullopt;
  // A writable replica in the cluster of its successor is no master, but takes writes.
  if (replaced.successor_master == instance.key)
    return fmt::format("{}, which took the place of {}, replicates from it", successor, name);
  if (replaced.successor_cluster_name == name && instance.cluster_name == name)
    return fmt::format("{}, which took the place of {}, is in its cluster, below {}", successor, name,
                       display_of(replaced.successor_master));
  return std::nullopt;
}

std::string describe_other_server(const KnownInstance& known) {
  const auto& instance = known.instance;
  if (!known.replaced || !was_read_since(known) || instance.replication_unread ||
      instance.channels_in_use() > 0 || instance.read_only || known.replaced->server_id == 0 ||
      !why_another_server(instance, *known.replaced))
    return "";
  return fmt::format("It takes writes where a former master was, but is another server ({}); {}",
                     instance.server_uuid.empty() ? fmt::format("server_id {}", instance.server_id)
                                                  : "server_uuid " + instance.server_uuid,
                     describe_replacement(known));
}

std::optional<InstanceKey> master_in_place_of(const Topology& topology, const KnownInstance& former) {
  if (!former.replaced || topology.find(former.replaced->successor) == nullptr) return std::nullopt;
  try {
    return master_of_cluster(topology, former.replaced->successor).instance.key;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string describe_replacement(const KnownInstance& known) {
  if (!known.replaced) return "";
  return fmt::format("{} took its place as the master at {} UTC{}", known.replaced->successor.display(),
                     known.replaced->at, is_successor_unknown(known) ? ", and is not known any more" : "");
}

std::string describe_returned(const KnownInstance& known) {
  if (why_settled(known)) {
    return fmt::format("is a replica of {}, which may lack transactions that it has",
                       display_of(known.instance.master_key()));
  }
  return takes_writes(known.instance) ? "takes writes" : "is read-only";
}

std::optional<std::string> why_settled(const KnownInstance& known) {
  if (!known.replaced || !was_read_since(known) || known.instance.replication_unread ||
      known.instance.channels_in_use() == 0 || !known.instance.read_only ||
      known.instance.cluster_name != known.replaced->successor_cluster_name)
    return std::nullopt;
  return fmt::format("{} is a replica of {} now", known.instance.key.display(),
                     display_of(known.instance.master_key()));
}

std::optional<std::string> why_in_doubt(const Instance& former, const KnownInstance* successor) {
  const auto name = former.key.display();
  if (successor == nullptr || !successor->last_check_valid)
    return fmt::format("{} cannot be compared with its successor, which could not be read", name);
  const auto& master = successor->instance;
  for (const auto* one : {&former, &master}) {
    if (const auto why = why_no_gtids(*one))
      return fmt::format("{} cannot be compared with {}: {}", name, master.key.display(), why->reason);
  }
  try {
    const auto lead = proven_lead(former, master);
    if (!lead) return std::nullopt;
    return fmt::format("{} has {} that {} does not have", name, describe(*lead), master.key.display());
  } catch (const Error& error) {
    return error.what();
  }
}

Plan plan_fence_returned(const Topology& topology, const InstanceKey& key) {
  const auto& former = require_reachable(topology, key);
  if (auto reason = why_not_returned(former)) refuse_plan("{}", *reason);
  const auto& successor = former.replaced->successor;
  if (topology.find(successor) == nullptr) {
    refuse_plan(
        "{}, which took the place of {}, is not known any more, so that {} may be the only one that takes "
        "writes; rejoin makes it a replica of the present master, and set-writeable tells that it is the "
        "master",
        successor.display(), key.display(), key.display());
  }
  const auto& master = require_master_in_place_of(topology, former);
  const auto master_name = master.instance.key.display();
  if (master.instance.key == key) refuse_plan("{} is the master of {}", key.display(), successor.display());
  if (!master.last_check_valid) {
    refuse_plan("{}, the master in the place of {}, cannot be read, so that {} may be the only one: {}",
                master_name, key.display(), key.display(), master.last_check_error);
  }
  if (master.instance.read_only) {
    refuse_plan(
        "{}, the master in the place of {}, is read-only, so that {} may be the only one that takes "
        "writes; set-writeable or set-read-only tells which one is the master",
        master_name, key.display(), key.display());
  }
  Plan plan;
  plan.subject = key;
  if (!takes_writes(former.instance)) return plan;
  plan.replica_steps = {{key, {}, {SetReadOnly{key, true, true}}}};
  auto reason = fmt::format("becomes read-only: {} took its place", master_name);
  // The lock of an operation that died stays until somebody finishes or undoes it: hours, perhaps.
  if (is_replaced_by_half(former)) return locked_beside(topology, std::move(plan), std::move(reason));
  plan.locks = {{key, std::move(reason)}};
  return require_unlocked(topology, std::move(plan));
}

}  // namespace topo
