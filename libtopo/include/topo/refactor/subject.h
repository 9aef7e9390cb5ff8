// Which instance a name stands for, where something is to be changed.
#pragma once

#include <optional>

#include "topo/base/instance_key.h"
#include "topo/store/store.h"

namespace topo {

class Context;

namespace refactor {

// The instance of which the discovery has found `name` to be another name. Throws Error{backend}.
[[nodiscard]] std::optional<InstanceKey> stored_alias_of(InstanceStore& instances, const InstanceKey& name);

// The instance that an operation may change because somebody named `name`: the one of that name; or the one
// whose name the name service gives for it now; or one of which it was proven to be another name. The latter
// two only when it is proven again now that both lead to one server: what was true when it was stored may
// lead to another one by now. Throws Error{refused} when that cannot be proven, saying which name to use,
// {not_found} for a name that does not resolve. An instance that is not known is answered by `name`.
[[nodiscard]] InstanceKey subject_of_change(Context& context, const InstanceKey& name);

// The same for a server that another one is to replicate from. One that is not known under that name is read,
// and is the known instance that it is proven to be: else one server would be two in the topology. Throws
// Error{refused} also when it seems to be one, and that cannot be proven.
[[nodiscard]] InstanceKey destination_of_change(Context& context, const InstanceKey& name);

// The same for a replica that is repointed: the name as it was given where it leads to the master that the
// replica has, which is to be known to it by that name from then on.
[[nodiscard]] InstanceKey repoint_destination(Context& context, const InstanceKey& replica,
                                              const InstanceKey& name);

}  // namespace refactor
}  // namespace topo
