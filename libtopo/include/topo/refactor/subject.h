// Which instance a name stands for, for operations that change servers.
#pragma once

#include <optional>

#include "topo/base/instance_key.h"
#include "topo/store/store.h"

namespace topo {

class Context;

namespace refactor {

// The instance that discovery has found `name` to be an alias of. Throws Error{backend}.
[[nodiscard]] std::optional<InstanceKey> stored_alias_of(InstanceStore& instances, const InstanceKey& name);

// The instance that an operation on `name` may change: the known instance of that name, the known instance
// that the name service resolves it to, or the known instance of which it was proven to be an alias. The
// latter two need a new proof that both names lead to one server: a stored result may be out of date. Throws
// Error{refused} when the proof fails, with the name to use, and {not_found} when the name does not resolve.
// Returns `name` for an unknown instance.
[[nodiscard]] InstanceKey subject_of_change(Context& context, const InstanceKey& name);

// The same for the new master of a server. An unknown server is read and compared with the known instances:
// otherwise one server would be two in the topology. Throws Error{refused} also when it seems to be a known
// instance and that cannot be proven.
[[nodiscard]] InstanceKey destination_of_change(Context& context, const InstanceKey& name);

// The same for the new master of a repointed replica. If `name` leads to the replica's present master, it is
// kept as given: the replica uses that name from then on.
[[nodiscard]] InstanceKey repoint_destination(Context& context, const InstanceKey& replica,
                                              const InstanceKey& name);

}  // namespace refactor
}  // namespace topo
