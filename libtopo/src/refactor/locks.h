// Locks of an operation in the backend.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "topo/topology/plan.h"

namespace topo {

class Context;
class Store;

namespace refactor {

// `owner`, or MaintenanceOwner when that is "", or what the Go program has where that is not configured.
[[nodiscard]] std::string lock_owner(const Context& context, const std::string& owner);

// The locks that are held, each with a sentence that says by whom and, where that is an operation whose
// process has ended, how to find out what it left. Throws Error{backend}.
[[nodiscard]] std::vector<std::pair<InstanceKey, std::string>> held_locks(Store& store);

// Throws Error{locked} if an operation that is under way holds one of those beside maintenance.
void require_no_operation(Store& store, const std::vector<Lock>& locks);

// Held for as long as the object lives, or MaintenanceExpireMinutes, whichever is shorter.
class Locks {
 public:
  // Throws Error{locked}, saying who holds one of them, and, where that is an operation whose process has
  // ended, how to find out what it left. One beside maintenance that a person holds is left to that person,
  // and keeps operations away just so.
  Locks(Context& context, const std::vector<Lock>& locks, const std::string& owner);
  ~Locks();
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

  [[nodiscard]] const std::vector<std::int64_t>& ids() const noexcept { return ids_; }

 private:
  Context& context_;
  std::vector<std::int64_t> ids_;
};

}  // namespace refactor
}  // namespace topo
