// InjectedClusters: the clusters that AutoPseudoGTID has recently injected into, according to the backend.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "topo/base/clock.h"
#include "topo/context.h"

namespace topo::discovery {

// Thread-safe. Caches the answer of the backend for some seconds.
class InjectedClusters {
 public:
  explicit InjectedClusters(const Context& context) : context_(context) {}

  using Names = std::shared_ptr<const std::set<std::string>>;
  // Empty without AutoPseudoGTID. While the backend does not answer, its last answer.
  [[nodiscard]] Names names();

 private:
  const Context& context_;
  std::mutex mutex_;
  Names names_;  // null: not asked yet
  SteadyTime asked_{};
};

}  // namespace topo::discovery
