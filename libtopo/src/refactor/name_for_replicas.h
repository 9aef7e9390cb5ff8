// The name of a master in CHANGE MASTER.
#pragma once

#include "topo/base/instance_key.h"

namespace topo {

class Context;

namespace refactor {

// The master's own name, or the one that the table hostname_unresolve has for its host: a virtual address,
// say. The server behind that name is read, and has to be known by the master's name: throws Error{refused}
// when it is not, and what reading throws.
[[nodiscard]] InstanceKey name_for_replicas(Context& context, const InstanceKey& master);

}  // namespace refactor
}  // namespace topo
