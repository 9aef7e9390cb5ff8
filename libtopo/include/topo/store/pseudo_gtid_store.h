// PseudoGtidStore: the clusters that get Pseudo-GTID entries. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

// By the backend's clock, common to all processes that share the backend.
struct InjectionTimes {
  std::chrono::seconds now{0};                     // since 1970
  std::optional<std::chrono::seconds> last_noted;  // of any cluster
};

// To which clusters the active node injects Pseudo-GTID entries (cluster_injected_pseudo_gtid).
class PseudoGtidStore {
 public:
  virtual ~PseudoGtidStore() = default;
  // Records an injection now. One statement.
  virtual void note_injected(std::span<const std::string> clusters) = 0;
  virtual std::vector<std::string> injected_within(std::chrono::seconds age) = 0;  // ordered
  virtual InjectionTimes times() = 0;
  // Deletes records older than `age`.
  virtual void purge(std::chrono::hours age) = 0;
};

}  // namespace topo
