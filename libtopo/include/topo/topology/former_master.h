// Former masters that answer again: which instance is one, and what keeps it from taking writes.
//
// Pure: ages in KnownInstance replace the clock. An instance is considered only while the backend has a
// record that another one took its place (KnownInstance::replaced); the record ends when it is seen as a
// replica, when an operation promotes it or makes it writable, and when it is forgotten.
#pragma once

#include <optional>
#include <string>

#include "topo/topology/plan.h"
#include "topo/topology/topology.h"

namespace topo {

// Whether the successor of a former master was forgotten.
[[nodiscard]] inline bool is_successor_unknown(const KnownInstance& known) {
  return known.replaced.has_value() && known.replaced->successor_cluster_name.empty();
}

// Whether it accepts writes of any account, by what was last read: super_read_only counts where the server
// has it.
[[nodiscard]] bool takes_writes(const Instance& instance);

// Why the instance is no returned former master, a sentence that names it; nullopt: it is one. It is one if
// it was replaced, was read since then as the very server that was replaced (server UUID, else server id),
// replicates from no master or takes writes, and is not above its successor; and a replica in the cluster of
// its successor is one until the two have been compared (why_settled); not while an operation that changes it
// is under way. If the successor is not known any more, the instance may be the only master, and is shown all
// the same.
[[nodiscard]] std::optional<std::string> why_not_returned(const KnownInstance& known);
[[nodiscard]] inline bool is_returned(const KnownInstance& known) {
  return known.replaced.has_value() && !why_not_returned(known);
}

// Another server that answers where a former master was, and takes writes, as a sentence about "it"; "": none
// does. It may be that master, rebuilt from a copy: clients that still know its name write to it.
[[nodiscard]] std::string describe_other_server(const KnownInstance& known);

// The master of the cluster in which the instance was replaced; nullopt: it was not replaced, or that master
// is not known for certain.
[[nodiscard]] std::optional<InstanceKey> master_in_place_of(const Topology& topology,
                                                            const KnownInstance& former);

// "db2:3306 took its place as the master at 2026-05-04 03:02:01 UTC", and whether that is not known any more;
// "" for an instance without a record.
[[nodiscard]] std::string describe_replacement(const KnownInstance& known);

// "takes writes", of a returned former master.
[[nodiscard]] std::string describe_returned(const KnownInstance& known);

// Why the record of the replacement may end, a sentence; nullopt: it may not. It may when the instance was
// seen since as a read-only replica in the cluster of its successor; why_in_doubt() has the last word.
[[nodiscard]] std::optional<std::string> why_settled(const KnownInstance& known);

// Why the record of a former master that is a replica by now (why_settled) does not end: what it has and its
// successor does not have, or why that is not known; a clause that names both, nullopt: it has nothing.
// Without GTIDs this is not known, as the events that it has replicated since follow its own in its binary
// log. The successor was read later, and may be missing.
[[nodiscard]] std::optional<std::string> why_in_doubt(const Instance& former, const KnownInstance* successor);

// Makes a returned former master read-only for all accounts. The topology must have it, its successor and the
// master above that one as just read. Throws Error{refused} if it is not one, and unless the master of its
// successor is read and writable: the former master might be the only one that takes writes. A plan without
// steps: it is read-only already.
[[nodiscard]] Plan plan_fence_returned(const Topology& topology, const InstanceKey& former);

}  // namespace topo
