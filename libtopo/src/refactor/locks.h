// Locks of an operation in the backend.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "topo/topology/plan.h"

namespace topo {

class Context;
class Store;

namespace refactor {

// `owner`, or MaintenanceOwner when that is "", or what the Go program has where that is not configured.
[[nodiscard]] std::string lock_owner(const Context& context, const std::string& owner);

// Held for as long as the object lives, or MaintenanceExpireMinutes, whichever is shorter.
class Locks {
 public:
  // Throws Error{locked}, saying who holds one of them. One beside maintenance that a person holds is left to
  // that person, and keeps operations away just so.
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
