#include "refactor/locks.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/process.h"
#include "refactor/until_stored.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

bool are_beside_maintenance(const std::vector<Lock>& locks) {
  return !locks.empty() &&
         std::all_of(locks.begin(), locks.end(), [](const auto& lock) { return lock.beside_maintenance; });
}

}  // namespace

void require_not_under_way(Store& store, const InstanceKey& server) {
  const auto held = store.maintenance().of(server);
  if (held && held->is_of_operation) throw Error(Code::locked, describe(*held));
}

std::string lock_owner(const Context& context, const std::string& owner) {
  const auto& configured = context.configuration().maintenance_owner;
  if (!owner.empty()) return owner;
  return configured.empty() ? "orchestrator" : configured;
}

Locks::Locks(Context& context, const std::vector<Lock>& locks, const std::string& owner) : context_(context) {
  std::vector<MaintenanceRequest> requests;
  for (const auto& lock : locks) requests.push_back({lock.server, lock.reason, this_process()});
  try {
    ids_ = context.store().maintenance().begin(requests, lock_owner(context, owner),
                                               context.configuration().maintenance_expire);
  } catch (const Error& error) {
    if (error.code() != Code::locked || !are_beside_maintenance(locks)) throw;
    for (const auto& lock : locks) require_not_under_way(context.store(), lock.server);
  }
}

Locks::~Locks() {
  for (const auto id : ids_) {
    try {
      until_stored([&] { context_.store().maintenance().end(id); });
    } catch (const std::exception& error) {
      context_.log().error("Lock {} could not be released, and expires: {}", id, error.what());
    }
  }
}

}  // namespace topo::refactor
