#include "refactor/locks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <optional>
#include <utility>

#include "base/process.h"
#include "refactor/patience.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/maintenance.h"
#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

bool is_beside_maintenance(const std::vector<Lock>& locks) {
  return locks.size() == 1 && locks.front().beside_maintenance;
}

std::chrono::seconds expiry_of(const Context& context) {
  return context.configuration().maintenance_expire;
}

}  // namespace

void require_not_under_way(Store& store, const InstanceKey& server) {
  if (const auto held = store.maintenance().of(server)) require_not_under_way(*held);
}

void require_not_under_way(const Maintenance& held) {
  if (held.is_of_operation) throw Error(Code::locked, describe(held));
}

std::string lock_owner(const Context& context, const std::string& owner) {
  const auto& configured = context.configuration().maintenance_owner;
  if (!owner.empty()) return owner;
  return configured.empty() ? "orchestrator" : configured;
}

Locks::Locks(Context& context, const std::vector<Lock>& locks, const std::string& owner, Patience& patience)
    : context_(context),
      patience_(patience),
      last_until_(std::chrono::steady_clock::now() + expiry_of(context)) {
  std::vector<MaintenanceRequest> requests;
  for (const auto& lock : locks) requests.push_back({lock.server, lock.reason, this_process()});
  auto& maintenance = context.store().maintenance();
  try {
    ids_ = begin_maintenance(context, requests, lock_owner(context, owner), expiry_of(context));
    for (std::size_t i = 0; i < ids_.size(); ++i) id_of_.emplace(locks[i].server, ids_[i]);
  } catch (const Error& error) {
    if (error.code() != Code::locked || !is_beside_maintenance(locks)) throw;
    beside_ = maintenance.join(locks.front().server, this_process());
    if (!beside_) throw;  // the owner has just ended the lock
    ids_ = {beside_->id};
  }
}

std::vector<std::int64_t> Locks::own_ids() const {
  return beside_ ? std::vector<std::int64_t>{} : ids_;
}

Locks::~Locks() {
  auto& maintenance = context_.store().maintenance();
  for (const auto id : ids_) {
    const auto release = [&maintenance, id, beside = beside_] {
      if (beside)
        maintenance.part(*beside);
      else
        maintenance.end(id);
    };
    (void)patience_.write_now_or_late(fmt::format("the release of lock {}", id), release);
  }
}

void Locks::renew() {
  if (ids_.empty()) return;
  const auto until = std::chrono::steady_clock::now() + expiry_of(context_);
  const std::optional duration = expiry_of(context_);
  if (!context_.store().maintenance().renew(ids_, beside_ ? std::nullopt : duration)) return;
  const std::lock_guard lock(mutex_);
  last_until_ = until;
}

void Locks::require_held(const std::vector<InstanceKey>& servers) {
  if (beside_) return;
  std::vector<std::int64_t> ids;
  for (const auto& server : servers) {
    if (const auto held = id_of_.find(server); held != id_of_.end()) ids.push_back(held->second);
  }
  if (ids.empty()) return;
  try {
    if (context_.store().maintenance().are_active(ids)) return;
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    if (error.code() != Code::backend || std::chrono::steady_clock::now() >= last_until_) throw;
    return;
  }
  throw Error(Code::locked, "a lock of this operation was ended by another client; the operation stops");
}

bool Locks::are_held() const {
  try {
    return ids_.empty() || context_.store().maintenance().are_active(ids_);
  } catch (const Error&) {
    return true;
  }
}

bool Locks::was_taken(const InstanceKey& server) const {
  const auto held = id_of_.find(server);
  if (held == id_of_.end()) return false;
  auto& maintenance = context_.store().maintenance();
  try {
    return !maintenance.are_active(std::array{held->second}) &&
           maintenance.was_locked_since(server, held->second);
  } catch (const Error&) {
    return false;
  }
}

Renewal::Renewal(Context& context, std::function<void()> renew)
    : thread_([&context, renew = std::move(renew)](const std::stop_token& stop) {
        constexpr std::chrono::seconds after_failure{2};
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        auto pause = expiry_of(context) / 4;
        while (!stopped.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); })) {
          pause = expiry_of(context) / 4;
          try {
            renew();
          } catch (const std::exception& error) {
            context.log().warn(
                fmt::format("The locks of an operation could not be renewed: {}", error.what()));
            pause = std::min<std::chrono::seconds>(pause, after_failure);
          }
        }
      }) {}

}  // namespace topo::refactor
