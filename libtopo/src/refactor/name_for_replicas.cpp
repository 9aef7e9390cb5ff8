#include "refactor/name_for_replicas.h"

#include <fmt/format.h>

#include "base/shown_text.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/inspect/same_server.h"
#include "topo/store/store.h"

namespace topo::refactor {

InstanceKey name_for_replicas(Context& context, const InstanceKey& master) {
  const auto host = context.store().names().unresolved(master.hostname());
  if (!host || host->empty() || *host == master.hostname()) return master;
  const auto reported = InstanceKey::from_reported(*host, master.port());
  if (!reported) {
    throw Error(
        Code::refused,
        fmt::format("hostname_unresolve has \"{}\" for {}, which is not a host name; correct it there",
                    shown_text(*host), master.hostname()));
  }
  const InstanceKey& other = *reported;
  const auto [sameness, reason] = compare_servers(context.configuration(), context.pool(), other, master);
  if (sameness == mysql::Sameness::same) return other;
  throw Error(Code::refused,
              fmt::format("hostname_unresolve has the name {} for {}, but {} {}; correct it there", *host,
                          master.hostname(), other.display(),
                          sameness == mysql::Sameness::different
                              ? "is another server"
                              : fmt::format("could not be proven to be this server: {}", reason)));
}

}  // namespace topo::refactor
