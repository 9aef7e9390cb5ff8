#include "topo/recovery/forced.h"

#include <fmt/format.h>

#include <utility>

#include "recovery/reading.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/recovery/recovery.h"

namespace topo::recovery {

ForcedMethod forced_method(const InstanceKey& master, const Instance* designated,
                           const refactor::FailedRead& read) {
  if (designated != nullptr && designated->master_key() != master) {
    throw Error(Code::refused, fmt::format("{} does not replicate from {} directly; name a replica that does",
                                           designated->key.display(), master.display()));
  }
  if (read.failure == ReadFailure::answered) {
    throw Error(
        Code::refused,
        fmt::format(
            "{} is alive, but cannot be made read-only: {}; stop the server, or use recover -force or "
            "make-master -force if it takes no writes",
            master.display(), read.error));
  }
  if (read.failure == ReadFailure::none) return ForcedMethod::take_over;
  return designated == nullptr ? ForcedMethod::recover : ForcedMethod::promote;
}

ForcedReport Recovery::replace_by_force(const InstanceKey& master,
                                        const std::optional<InstanceKey>& designated,
                                        refactor::OperationRequest request) {
  std::optional<Instance> replica;
  if (designated) replica = require_known(context_, *designated).instance;
  request.asked_as = designated ? "force-master-takeover" : "force-master-failover";
  switch (forced_method(master, replica ? &*replica : nullptr, ask_now(master))) {
    case ForcedMethod::take_over:
      request.force = false;
      return refactoring_.run("graceful-master-takeover", {.instance = master, .target = designated},
                              request);
    case ForcedMethod::promote:
      // Force is for a master that may be alive, not for a second master.
      refactor::require_none_unfinished(context_.store(), master);
      refactor::require_not_replaced(context_.store(), require_known(context_, master));
      request.force = true;
      return refactoring_.run("make-master", {*designated}, request);
    case ForcedMethod::recover: break;
  }
  auto recovery = recovery_request(request);
  recovery.force = recovery.must_promote = true;
  return recover(master, recovery);
}

}  // namespace topo::recovery
