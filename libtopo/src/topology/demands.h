// What plans demand of instances, and how they refuse.
#pragma once

#include <fmt/format.h>

#include <utility>

#include "topo/base/error.h"
#include "topo/topology/topology.h"

namespace topo {

// Throws Error{refused}.
template <typename... Values>
[[noreturn]] void refuse_plan(fmt::format_string<Values...> text, Values&&... values) {
  throw Error(Code::refused, fmt::format(text, std::forward<Values>(values)...));
}

// Throws Error{not_found}.
[[nodiscard]] const KnownInstance& member(const Topology& topology, const InstanceKey& key);

// One that answered when it was last asked. Throws also Error{refused}, with what was wrong then.
const KnownInstance& living(const Topology& topology, const InstanceKey& key);

}  // namespace topo
