#include "refactor/locks.h"

#include <fmt/format.h>
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

bool is_locked_by(const UnendedOperation& operation, const Maintenance& held) {
  return std::find(operation.locks.begin(), operation.locks.end(), held.id) != operation.locks.end();
}

// "" unless the lock is held for a process that has ended.
std::string hint(const std::vector<UnendedOperation>& unended, const Maintenance& held) {
  for (const auto& operation : unended) {
    if (is_locked_by(operation, held) && liveness_of(operation.process) == Liveness::ended) {
      return fmt::format(
          "; the process of that {} has ended, `orchestrator -c unfinished` tells what it left",
          operation.operation);
    }
  }
  return {};
}

std::string hint(Store& store, const std::vector<Lock>& locks) {
  const auto unended = store.operations().unended();
  if (unended.empty()) return {};
  for (const auto& lock : locks) {
    const auto held = store.maintenance().of(lock.server);
    if (!held) continue;
    if (auto text = hint(unended, *held); !text.empty()) return text;
  }
  return {};
}

bool are_beside_maintenance(const std::vector<Lock>& locks) {
  return !locks.empty() &&
         std::all_of(locks.begin(), locks.end(), [](const auto& lock) { return lock.beside_maintenance; });
}

}  // namespace

void require_no_operation(Store& store, const std::vector<Lock>& locks) {
  for (const auto& lock : locks) {
    if (lock.beside_maintenance) require_not_under_way(store, lock.server);
  }
}

void require_not_under_way(Store& store, const InstanceKey& server) {
  const auto held = store.maintenance().of(server);
  if (!held) return;
  const auto unended = store.operations().unended();
  const bool is_of_operation = std::any_of(unended.begin(), unended.end(), [&](const auto& operation) {
    return operation.is_under_way && is_locked_by(operation, *held);
  });
  if (is_of_operation) throw Error(Code::locked, describe(*held));
}

std::string lock_owner(const Context& context, const std::string& owner) {
  const auto& configured = context.configuration().maintenance_owner;
  if (!owner.empty()) return owner;
  return configured.empty() ? "orchestrator" : configured;
}

std::vector<std::pair<InstanceKey, std::string>> held_locks(Store& store) {
  std::vector<std::pair<InstanceKey, std::string>> locks;
  const auto active = store.maintenance().active();
  if (active.empty()) return locks;
  const auto unended = store.operations().unended();
  for (const auto& held : active) locks.emplace_back(held.key, describe(held) + hint(unended, held));
  return locks;
}

Locks::Locks(Context& context, const std::vector<Lock>& locks, const std::string& owner) : context_(context) {
  std::vector<MaintenanceRequest> requests;
  for (const auto& lock : locks) requests.push_back({lock.server, lock.reason});
  try {
    ids_ = context.store().maintenance().begin(requests, lock_owner(context, owner),
                                               context.configuration().maintenance_expire);
  } catch (const Error& error) {
    if (error.code() != Code::locked) throw;
    if (are_beside_maintenance(locks)) {
      require_no_operation(context.store(), locks);
      return;
    }
    throw Error(Code::locked, error.what() + hint(context.store(), locks));
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
