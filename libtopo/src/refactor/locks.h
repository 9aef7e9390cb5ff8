// The locks of an operation in the backend.
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

// Returns `owner`; if empty, MaintenanceOwner; if that is not configured, the Go program's default.
[[nodiscard]] std::string lock_owner(const Context& context, const std::string& owner);

// Held for the lifetime of the object, if renewed.
class Locks {
 public:
  // Throws Error{locked} with the owner of a lock held by others. A single lock with `beside_maintenance`
  // joins a person's maintenance of its server: that lock stays, and keeps other operations away just the
  // same. `patience`, for the release of the locks, must outlive the object.
  Locks(Context& context, const std::vector<Lock>& locks, const std::string& owner, Patience& patience);
  ~Locks();
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

  // ids() includes a joined maintenance lock; own_ids() has only locks that this operation may end.
  [[nodiscard]] const std::vector<std::int64_t>& ids() const noexcept { return ids_; }
  [[nodiscard]] std::vector<std::int64_t> own_ids() const;
  // Extends the locks to MaintenanceExpireMinutes from now. Throws Error{backend}.
  void renew();
  // Throws Error{locked} if a lock of this operation on one of the servers was ended by others. While the
  // backend does not answer, the locks count as held until they expire.
  void require_held(const std::vector<InstanceKey>& servers);
  // Whether all locks are held. True when the backend does not answer.
  [[nodiscard]] bool are_held() const;
  // Whether this operation's lock of the server has ended and another owner has locked the server since.
  // False when the backend does not answer.
  [[nodiscard]] bool was_taken(const InstanceKey& server) const;

 private:
  Context& context_;
  Patience& patience_;
  std::vector<std::int64_t> ids_;
  std::unordered_map<InstanceKey, std::int64_t> id_of_;
  std::optional<Maintenance> beside_;  // a person's maintenance lock, which stays
  std::mutex mutex_;
  SteadyTime last_until_;
};

// Calls `renew` several times per MaintenanceExpireMinutes, from its own thread.
class Renewal {
 public:
  Renewal(Context& context, std::function<void()> renew);

 private:
  std::jthread thread_;
};

}  // namespace refactor
}  // namespace topo
