// ProvenNames: by which name a server is known that another server calls by an alias.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "topo/base/instance_key.h"

namespace topo {

class Context;

namespace refactor {

// For one operation. Thread-safe.
class ProvenNames {
 public:
  explicit ProvenNames(Context& context) : context_(context) {}

  // The instance that `told` leads to by what a name service has said (`resolved`), or of which that is an
  // alias in the backend, and, as is proven here once, in truth; otherwise `told`. Where no server answers
  // under either name, as when a master is dead, an alias counts, which was proven while it lived. Throws
  // Error{backend}.
  [[nodiscard]] InstanceKey known_as(const InstanceKey& told, const InstanceKey& resolved);
  [[nodiscard]] bool answers(const InstanceKey& server) const;

 private:
  [[nodiscard]] bool are_same(const InstanceKey& alias, const InstanceKey& instance, bool was_proven) const;

  Context& context_;
  std::mutex mutex_;  // held while it is proven, so that this is done once
  std::optional<std::unordered_map<InstanceKey, InstanceKey>> aliases_;
  std::unordered_map<InstanceKey, InstanceKey> settled_;  // by the told name: what was proven, or that name
};

}  // namespace refactor
}  // namespace topo
