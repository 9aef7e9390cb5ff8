// Injector: AutoPseudoGTID. Injects an entry on the master of each cluster, periodically.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "discovery/injection_targets.h"
#include "discovery/lane.h"
#include "pgtid/injection.h"
#include "topo/context.h"

namespace topo::discovery {

// A thread begins a round every AutoPseudoGTIDIntervalSeconds. The workers of a lane inject in parallel, so
// that a hanging master blocks only its own worker. At most one entry at a time is sent to a master, so that
// entries reach its log in order.
class Injector {
 public:
  // Injects only while `is_active` returns true, that is, while this node does the periodic work.
  Injector(Context& context, std::function<bool()> is_active);
  // Waits for running injections and records them.
  ~Injector();

 private:
  struct Target {
    InjectionTarget where;
    bool is_under_way = false;
  };

  void run(const std::stop_token& stop);
  void begin_being_active();
  void begin_round();
  void note_injected();
  void inject(const InstanceKey& master);
  [[nodiscard]] bool inject_on(const InjectionTarget& target);
  [[nodiscard]] std::string next_entry();
  void tell_failure(const InjectionTarget& target, const std::exception& error);

  Context& context_;
  const std::function<bool()> is_active_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_map<InstanceKey, Target> targets_;
  std::size_t under_way_ = 0;
  std::set<std::string> injected_;              // clusters, not recorded yet
  std::map<std::string, SteadyTime> reported_;  // when the failure of a cluster was last logged
  pgtid::EntrySequence entries_;
  std::chrono::microseconds clock_offset_{0};  // from the steady clock to the backend's clock
  bool was_active_ = false;                    // used by the thread only, like the next member
  bool is_failing_ = false;
  Lane lane_;
  std::jthread thread_;
};

}  // namespace topo::discovery
