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

  // The instance of which `told` is an alias in the backend and, as is proven here once, in truth; otherwise
  // `told`. Where no server answers under either name, as when a master is dead, what was proven while it
  // lived counts. Throws Error{backend}.
  [[nodiscard]] InstanceKey known_as(const InstanceKey& told);

 private:
  [[nodiscard]] bool are_same(const InstanceKey& alias, const InstanceKey& instance) const;
  [[nodiscard]] bool answers(const InstanceKey& server) const;

  Context& context_;
  std::mutex mutex_;  // held while it is proven, so that this is done once
  std::optional<std::unordered_map<InstanceKey, InstanceKey>> aliases_;  // without those that are disproved
  std::unordered_map<InstanceKey, InstanceKey> proven_;
};

}  // namespace refactor
}  // namespace topo
