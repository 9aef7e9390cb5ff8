#include "refactor/name_for_replicas.h"

#include <fmt/format.h>

#include "base/shown_text.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/inspect/host_names.h"
#include "topo/inspect/inspector.h"
#include "topo/store/store.h"

namespace topo::refactor {

InstanceKey name_for_replicas(Context& context, const InstanceKey& master) {
  const auto host = context.store().names().unresolved(master.hostname());
  if (!host || host->empty() || *host == master.hostname()) return master;
  const auto told = InstanceKey::from_told(*host, master.port());
  if (!told) {
    throw Error(Code::refused,
                fmt::format("hostname_unresolve has \"{}\" for {}, which is no host name; correct it there",
                            shown_text(*host), master.hostname()));
  }
  const InstanceKey& other = *told;
  const auto known_as = context.names().resolve(context.inspector().read(other).key).key;
  if (known_as == master) return other;
  throw Error(
      Code::refused,
      fmt::format("hostname_unresolve has the name {} for {}, but the server behind it is known as {}", *host,
                  master.hostname(), known_as.display()));
}

}  // namespace topo::refactor
