// Replacing the master of a cluster without evidence of its death: force-master-failover and
// force-master-takeover. Recovery::replace_by_force() carries it out.
#pragma once

#include <cstdint>
#include <variant>

#include "topo/model/instance.h"
#include "topo/refactor/refactoring.h"

namespace topo::recovery {

struct RecoveryReport;

enum class ForcedMethod : std::uint8_t {
  take_over,  // the master lives: it becomes read-only before its successor becomes writable
  recover,    // it is presumed dead, and recovered (Recovery::recover)
  promote,    // it is presumed dead, and the designated replica takes its place (plan_make_master)
};

// How `master` is replaced, by the attempt to read it now (`read`, with ReadFailure::none if it was read).
// `designated`: the replica that is to take its place; nullptr: the best one.
//
// A master that can be read could go on writing for its clients, and is taken over. So could one that answers
// with an error, which nobody can make read-only. One that does not answer, or that could not be asked, is
// presumed dead: that is what force means.
//
// Throws Error{refused} if the master answers with an error, and if `designated` does not replicate from it
// directly. Pure.
[[nodiscard]] ForcedMethod forced_method(const InstanceKey& master, const Instance* designated,
                                         const refactor::FailedRead& read);

// What was done: a takeover or a promotion, or a recovery.
using ForcedReport = std::variant<refactor::OperationReport, RecoveryReport>;

}  // namespace topo::recovery
