// Locks of an operation in the backend.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "topo/base/clock.h"
#include "topo/store/store.h"
#include "topo/topology/plan.h"

namespace topo {

class Context;

namespace refactor {

class Patience;

// `owner`, or MaintenanceOwner when that is "", or what the Go program has where that is not configured.
[[nodiscard]] std::string lock_owner(const Context& context, const std::string& owner);

// Held for as long as the object lives, if it is renewed.
class Locks {
 public:
  // Throws Error{locked}, saying who holds one of them. One beside maintenance that a person holds is left to
  // that person, and keeps other operations away just so.
  // `patience`, for their release, must outlive the object.
  Locks(Context& context, const std::vector<Lock>& locks, const std::string& owner, Patience& patience);
  ~Locks();
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

  // Of this operation, and what it is beside, which is nobody else's to end.
  [[nodiscard]] const std::vector<std::int64_t>& ids() const noexcept { return ids_; }
  [[nodiscard]] std::vector<std::int64_t> own_ids() const;
  // For MaintenanceExpireMinutes from now. Throws Error{backend}.
  void renew();
  // Throws Error{locked} if somebody has ended a lock of this operation on one of the servers. While the
  // backend does not answer they count as held for as long as they last.
  void require_held(const std::vector<InstanceKey>& servers);
  // All of them. True when the backend does not tell.
  [[nodiscard]] bool are_held() const;
  // Its lock of this operation has ended, and somebody else has locked the server since. False when the
  // backend does not tell.
  [[nodiscard]] bool was_taken(const InstanceKey& server) const;

 private:
  Context& context_;
  Patience& patience_;
  std::vector<std::int64_t> ids_;
  std::unordered_map<InstanceKey, std::int64_t> id_of_;
  std::optional<Maintenance> beside_;  // the lock of a person, which stays
  std::mutex mutex_;
  SteadyTime last_until_;
};

// Calls `renew` again and again, several times in MaintenanceExpireMinutes, from a thread of its own.
class Renewal {
 public:
  Renewal(Context& context, std::function<void()> renew);

 private:
  std::jthread thread_;
};

}  // namespace refactor
}  // namespace topo
