// Injector: AutoPseudoGTID. Injects an entry on each cluster's master, again and again.
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

// A thread begins a round every AutoPseudoGTIDIntervalSeconds; the workers of a lane inject side by side, so
// that a master that hangs holds up nothing but its own worker. There is never more than one entry on its way
// to a master, so that they get into its log in their order.
class Injector {
 public:
  // Injects only while `is_active` says that this node does the periodic work.
  Injector(Context& context, std::function<bool()> is_active);
  // Injections that are under way are finished, and noted.
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
  std::set<std::string> injected_;          // clusters, not noted yet
  std::map<std::string, SteadyTime> told_;  // when the failure of a cluster was last logged
  pgtid::EntrySequence entries_;
  std::chrono::microseconds clock_offset_{0};  // of the backend's clock to the steady one
  bool was_active_ = false;                    // of the thread alone, as the next one
  bool is_failing_ = false;
  Lane lane_;
  std::jthread thread_;
};

}  // namespace topo::discovery
