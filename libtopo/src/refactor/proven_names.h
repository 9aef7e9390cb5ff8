// ProvenNames: the known name of a server that another server calls by an alias.
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

  // Returns the instance that `reported` leads to: `resolved`, which a name service has returned, or the
  // instance of which the backend has `resolved` as an alias. This is proven once; without proof, returns
  // `reported`. If no server answers under either name, as with a dead master, an alias counts: it was proven
  // while the master was alive. Throws Error{backend}.
  [[nodiscard]] InstanceKey known_as(const InstanceKey& reported, const InstanceKey& resolved);
  [[nodiscard]] bool answers(const InstanceKey& server) const;

 private:
  [[nodiscard]] bool are_same(const InstanceKey& alias, const InstanceKey& instance, bool was_proven) const;

  Context& context_;
  std::mutex mutex_;  // held during a proof, so that each is made once
  std::optional<std::unordered_map<InstanceKey, InstanceKey>> aliases_;
  // By told name: the proven instance, or the told name itself.
  std::unordered_map<InstanceKey, InstanceKey> settled_;
};

}  // namespace refactor
}  // namespace topo
