// What plans demand of instances, and how they refuse.
#pragma once

#include <fmt/format.h>

#include <utility>

#include "topo/base/error.h"
#include "topo/topology/planning.h"
#include "topo/topology/topology.h"

namespace topo {

// Throws Error{refused}.
template <typename... Values>
[[noreturn]] void refuse_plan(fmt::format_string<Values...> text, Values&&... values) {
  throw Error(Code::refused, fmt::format(text, std::forward<Values>(values)...));
}

// Throws Error{not_found}.
[[nodiscard]] const KnownInstance& member(const Topology& topology, const InstanceKey& key);

// Throws Error{refused} with the reason, if there is one.
void require(const std::optional<Refusal>& refusal);

// Whom it replicates from. Throws Error{refused} when it does not, or that one is not known.
[[nodiscard]] const KnownInstance& master_of(const Topology& topology, const KnownInstance& replica);

// Whether it replicates by GTID: servers then find the place themselves.
[[nodiscard]] bool by_gtid(const Instance& replica);

// Throws Error{locked} when somebody has locked an instance that the plan locks.
[[nodiscard]] Plan unlocked(const Topology& topology, Plan plan);

// As why_not_replicate, but never below oneself, nor into or out of a ring of three or more.
[[nodiscard]] std::optional<Refusal> why_not_below(const Topology& topology, const Instance& replica,
                                                   const Instance& master, const RuleLimits& limits);

[[nodiscard]] inline bool passes(const Filter& filter, const InstanceKey& key) {
  return !filter || filter(key);
}

// Of a plan for several replicas. That there is nobody to move is no error, and nothing to do; that nobody of
// those there are may be moved is one.
[[nodiscard]] Plan some_of(Plan plan);

// One that answered when it was last asked. Throws also Error{refused}, with what was wrong then.
const KnownInstance& living(const Topology& topology, const InstanceKey& key);

}  // namespace topo
