// Whether a master that a replica is to replace has transactions that could still be committed there although
// it is read-only: prepared ones of XA, and open ones of accounts that read_only does not hold for.
#pragma once

#include <chrono>
#include <string>

#include "topo/refactor/servers.h"

namespace topo::refactor {

// Throws Error{refused} if there are any. Returns a sentence if that is not known, or "".
[[nodiscard]] std::string require_nothing_prepared(Servers& servers, const Instance& master);
// Waits until no such client has an open transaction that has changed rows; throws Error{timeout} after
// `longest`. Returns a sentence if that is not known, or "".
[[nodiscard]] std::string await_open_writers(Servers& servers, const Instance& master,
                                             std::chrono::milliseconds longest);

}  // namespace topo::refactor
