#include "refactor/name_for_replicas.h"

#include <fmt/format.h>

#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/inspect/host_names.h"
#include "topo/inspect/inspector.h"
#include "topo/store/store.h"

namespace topo::refactor {

InstanceKey name_for_replicas(Context& context, const InstanceKey& master) {
  const auto host = context.store().names().unresolved(master.hostname);
  if (!host || host->empty() || *host == master.hostname) return master;
  InstanceKey other{*host, master.port};
  const auto known_as = context.names().resolve(context.inspector().read(other).key).key;
  if (known_as == master) return other;
  throw Error(
      Code::refused,
      fmt::format("hostname_unresolve has the name {} for {}, but the server behind it is known as {}", *host,
                  master.hostname, known_as.display()));
}

}  // namespace topo::refactor
