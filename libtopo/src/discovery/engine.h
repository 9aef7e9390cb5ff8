// Engine: the implementation of Discovery. Polls servers, maintains the fleet, passes results to the writer.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "discovery/fleet.h"
#include "discovery/gtid_memory.h"
#include "discovery/injected_clusters.h"
#include "discovery/injector.h"
#include "discovery/lane.h"
#include "discovery/received_memory.h"
#include "discovery/return_watch.h"
#include "discovery/writer.h"
#include "topo/base/error.h"
#include "topo/discovery/discovery.h"
#include "topo/inspect/inspector.h"
#include "topo/mysql/same_server.h"
#include "topo/refactor/refactoring.h"

namespace topo {

// The outcome of one poll, passed to its waiters.
struct PollOutcome {
  InstanceKey key;                      // the known name of the server
  std::vector<InstanceKey> neighbours;  // its masters and replicas
  std::exception_ptr error;             // null: the server was read
};

class Discovery::Engine {
 public:
  using Lane = discovery::Lane;
  using Member = discovery::Member;
  using Waiter =
      std::function<void(const PollOutcome&)>;  // called without locks, from a worker; must not throw

  explicit Engine(Context& context);
  ~Engine();

  DiscoveryReport discover(const InstanceKey& start);
  void submit(const InstanceKey& start);
  KnownInstance refresh(const InstanceKey& key);
  void take(const std::vector<Instance>& read);
  [[nodiscard]] bool has_new_name(const Instance& instance) const;
  bool forget(const InstanceKey& key);
  void start_continuous(const NodeIdentity& node);
  void watch_operations(std::function<void(const refactor::Progress&)> watcher) {
    refactoring_.watch(std::move(watcher));
  }
  void stop();
  [[nodiscard]] DiscoveryStatistics statistics() const;
  [[nodiscard]] bool is_active_node() const { return active_.load(); }
  void flush() { writer_.flush(); }

 private:
  // When and how a key is polled. Exists for stored members during continuous polling, and for any key that
  // has waiters or was named by a server.
  struct Task {
    SteadyTime due{};
    unsigned failures = 0;     // consecutive
    unsigned quick_polls = 0;  // consecutive, since the last slow one
    bool slow = false;         // it delays other polls, even if it answers eventually
    bool in_flight = false;
    bool periodic = false;
    SteadyTime mentioned_at{};  // when a server last named it; for keys that were never read
    std::vector<Waiter> waiters;
  };
  struct Crawl;
  // The result of DetectClusterAliasQuery for a cluster, and the cluster that has that alias.
  struct DetectedAlias {
    std::string alias, owner;
    SteadyTime at;  // when it was registered
  };
  // The last result of checking whether two names lead to one server.
  struct Comparison {
    mysql::Sameness sameness = mysql::Sameness::unknown;
    std::string reason;  // of `unknown`
    SteadyTime at{};
  };

  [[nodiscard]] const Configuration& configuration() const { return context_.configuration(); }
  void load_fleet();
  // These are called with mutex_ held.
  Lane& lane_of(const InstanceKey& key, const Task& task);
  // Queues the key in its lane, ahead of all others if it has waiters.
  void put_in_lane(const InstanceKey& key, const Task& task);
  void poll_at(const InstanceKey& key, SteadyTime due);
  void poll_now(const InstanceKey& key, Waiter waiter);
  void schedule_neighbour(const InstanceKey& key);
  void reschedule(const InstanceKey& key, Task& task, bool failed);
  static void note_time(Task& task, std::chrono::nanoseconds time);
  [[nodiscard]] SteadyTime next_slot(const InstanceKey& key) const;
  void drop(const InstanceKey& key);
  [[nodiscard]] std::chrono::nanoseconds back_off(unsigned failures) const;

  // A poll, run by a worker. In the live lane a server has one second to answer; on timeout it is polled
  // again in the slow lane, with the configured timeouts. Servers that were never read, possibly thousands of
  // made-up names, have their own lane.
  enum class Patience { brief, full };
  void poll(const InstanceKey& key, Patience patience);
  bool moves_to_slow_lane(const InstanceKey& key, SteadyTime due, std::vector<Waiter>& waiters);
  void tell(std::vector<Waiter>& waiters, const PollOutcome& outcome) const;
  using EndBy = std::optional<SteadyTime>;  // as Inspector::read
  std::optional<Instance> read_named(const InstanceKey& key, bool is_waited_for, InspectionCost& cost,
                                     InstanceKey& subject, EndBy end_by);
  [[nodiscard]] Instance read_now(const InstanceKey& key, InspectionCost& cost, EndBy end_by);
  // `began`: when the read began; nullopt: not known.
  void record_read(Instance instance, std::optional<SteadyTime> began, PollOutcome& outcome);
  void failed(const InstanceKey& key, const std::exception& why, bool is_awaited);
  void say_warnings(Member& member, const Instance& instance);
  void keep_unread(Instance& instance);
  void detect_alias(const Instance& instance);
  void warn_of_same_alias(Instance& instance) const;  // under mutex_

  // Which names lead to which server.
  [[nodiscard]] std::optional<discovery::Alias> alias_of(const InstanceKey& key) const;
  bool is_alias_still(const InstanceKey& alias, const discovery::Alias& known, EndBy end_by);
  bool settle_doubt(const InstanceKey& alias, const discovery::Alias& known, EndBy end_by);
  void end_alias(const InstanceKey& alias, const discovery::Alias& known, const std::string& why);
  [[nodiscard]] InstanceKey settled_name(const InstanceKey& key, Instance& read, EndBy end_by);
  [[nodiscard]] Comparison compared(const InstanceKey& one, const InstanceKey& other, EndBy end_by);
  [[nodiscard]] InstanceKey name_to_keep(const InstanceKey& one, const InstanceKey& other) const;
  InstanceKey adopt_alias(const InstanceKey& alias, const InstanceKey& key);
  void adopt_aliases_of_store();
  void settle_alias_with_row(const InstanceKey& alias);  // under mutex_
  void settle_found(DiscoveryReport& report);
  bool warn_of_other_master(Instance& instance);
  void warn_of_look_alikes(Instance& instance) const;  // under mutex_

  void neighbours_of(const Instance& instance, std::vector<InstanceKey>& keys) const;

  // One-off discovery.
  void visit(const std::shared_ptr<Crawl>& crawl, const InstanceKey& named,
             const std::optional<InstanceKey>& namer);
  [[nodiscard]] std::optional<KnownInstance> read_lately(const InstanceKey& key);
  void read_for(const std::shared_ptr<Crawl>& crawl, const InstanceKey& key);
  void took_for(const std::shared_ptr<Crawl>& crawl, const InstanceKey& asked, const PollOutcome& outcome);
  void read_again(const std::shared_ptr<Crawl>& crawl, const InstanceKey& key);
  void crawl(const InstanceKey& start, std::function<void(Crawl&)> done);
  void conclude(DiscoveryReport& report);
  [[nodiscard]] InstanceKey resolved(const InstanceKey& key);
  void vanished(const std::vector<InstanceKey>& keys);

  // Continuous.
  void run_continuous(const std::stop_token& stop);
  void warn_of_unusable_rows();
  void elect();
  void set_active(bool active);    // under mutex_
  void set_polling(bool polling);  // under mutex_
  void sync_with_store();
  void schedule_all();
  void poll_at_next_slots();
  void tidy();

  Context& context_;
  std::atomic<std::size_t> submitted_{0};  // running discoveries without a waiter
  mutable std::mutex mutex_;
  discovery::Fleet fleet_;
  discovery::GtidMemory gtids_;
  discovery::ReceivedMemory received_;
  std::unordered_map<InstanceKey, Task> tasks_;
  std::unordered_map<std::string, DetectedAlias> detected_aliases_;        // by cluster
  std::map<std::pair<InstanceKey, InstanceKey>, Comparison> comparisons_;  // the smaller key first
  std::unordered_map<InstanceKey, SteadyTime>
      compare_again_at_;  // keys whose look-alikes did not answer in time
  SteadyTime comparisons_tidied_at_{};
  DiscoveryStatistics statistics_;
  std::atomic<bool> active_{false};  // this is the active node, as of the last election
  bool polling_ = false;             // all known instances: while active, and further while elections fail
  SteadyTime elected_at_{};          // used by the continuous thread only
  NodeIdentity node_;
  bool stopping_ = false;
  bool reported_unread_ = false;

  discovery::Writer writer_;
  discovery::InjectedClusters injected_;
  Lane live_lane_, slow_lane_, new_lane_;
  std::jthread continuous_;
  std::unique_ptr<discovery::Injector> injector_;  // null: not configured
  refactor::Refactoring refactoring_;              // for what discovery changes on servers
  std::unique_ptr<discovery::ReturnWatch> return_watch_;
};

}  // namespace topo
