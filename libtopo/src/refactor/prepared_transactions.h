// Whether a master that a replica is to replace has prepared transactions of XA: the client that has prepared
// one may commit it there although the server is read-only.
#pragma once

#include <string>

#include "topo/refactor/servers.h"

namespace topo::refactor {

// Throws Error{refused} if there are any. Returns a sentence if that is not known, or "".
[[nodiscard]] std::string require_nothing_prepared(Servers& servers, const Instance& master);

}  // namespace topo::refactor
