// InjectedClusters: to which clusters AutoPseudoGTID has injected lately, as the backend knows.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "topo/base/clock.h"
#include "topo/context.h"

namespace topo::discovery {

// Thread-safe. Asks the backend now and then, however often it is asked itself.
class InjectedClusters {
 public:
  explicit InjectedClusters(const Context& context) : context_(context) {}

  using Names = std::shared_ptr<const std::set<std::string>>;
  // Without AutoPseudoGTID none. While the backend does not answer, what it said last.
  [[nodiscard]] Names names();

 private:
  const Context& context_;
  std::mutex mutex_;
  Names names_;  // null: not asked yet
  SteadyTime asked_{};
};

}  // namespace topo::discovery
