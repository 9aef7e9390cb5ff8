// The name of a master for CHANGE MASTER TO.
#pragma once

#include "topo/base/instance_key.h"

namespace topo {

class Context;

namespace refactor {

// Returns the master's own name, or the name that the table hostname_unresolve has for its host, such as a
// virtual address. The server behind that name is read and must be the same server: otherwise throws
// Error{refused}. Also throws the errors of reading it.
[[nodiscard]] InstanceKey name_for_replicas(Context& context, const InstanceKey& master);

}  // namespace refactor
}  // namespace topo
