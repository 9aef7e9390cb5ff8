// Discovery: finds a topology from any of its servers and keeps the stored instances up to date.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "topo/base/histogram.h"
#include "topo/base/instance_key.h"
#include "topo/base/node_identity.h"
#include "topo/context.h"
#include "topo/model/instance.h"
#include "topo/refactor/refactoring.h"

namespace topo {

// Limit of running discoveries started by Discovery::submit().
inline constexpr std::size_t max_submitted_discoveries = 64;

// The result of a one-off discovery.
struct DiscoveryReport {
  InstanceKey start;               // resolved; the known name if it is an alias
  std::vector<InstanceKey> found;  // read and stored
  struct UnreadInstance {
    InstanceKey key;
    std::string reason;
  };
  std::vector<UnreadInstance> unread;
  [[nodiscard]] bool start_found() const;
  // Logs the first twenty and the number of the rest: one server may list thousands that do not exist.
  void log_unread(spdlog::logger& log) const;
};

// Counters since construction, for /metrics, benchmarks and tests.
struct DiscoveryStatistics {
  std::uint64_t polls = 0;  // completed reads, including failed ones
  std::uint64_t failed_polls = 0;
  std::uint64_t requests = 0;  // round trips of those reads
  std::uint64_t connects = 0;
  std::uint64_t backend_writes = 0;  // transactions
  DurationHistogram poll_times;
  std::chrono::nanoseconds lateness{0};  // sum over polls of the delay from due time to start
  std::size_t instances = 0;             // in the schedule
  std::size_t queued = 0;                // of those, due and waiting for a worker
  std::size_t threads = 0;               // workers alive
};

// Thread-safe. The destructor waits for running reads and writes their results.
class Discovery {
 public:
  explicit Discovery(Context& context);
  ~Discovery();

  // Reads `start` and every server connected to it by replication, upwards and downwards, each server once.
  // Returns when all of them are read (or have failed) and stored. Servers read within InstancePollSeconds
  // are not read again; the crawl continues from their stored facts. Throws Error if `start` cannot be
  // resolved, and Error{backend}; a server that cannot be read is in `unread`.
  DiscoveryReport discover(const InstanceKey& start);
  // Like discover(), but returns at once; the result is logged. Throws Error{refused} while
  // max_submitted_discoveries are running.
  void submit(const InstanceKey& start);

  // Reads one instance now and stores it. Throws what Inspector::read throws, after storing the failure.
  KnownInstance refresh(const InstanceKey& key);
  // Stores what an operation has just read from servers (refactor::Servers::read), so that the backend has
  // the changes at once. Facts that such a read does not include keep their last known values. Throws
  // Error{backend}.
  void take(const std::vector<Instance>& read);
  // Removes the instance from the backend and from the schedule. Returns true if it was known.
  bool forget(const InstanceKey& key);

  // Polls every known instance every InstancePollSeconds while this node is the active node; takes part in
  // elections, forgets unseen instances and purges old rows as configured. Returns at once; stop() or the
  // destructor ends it.
  // Also watches former masters (topology/former_master.h): one that answers again is recognised within
  // seconds, whatever InstancePollSeconds is, and made read-only unless MakeReturnedMastersReadOnly is off.
  void start_continuous(const NodeIdentity& node);
  // `watcher` is notified of what continuous discovery changes on servers; set it before start_continuous().
  void watch_operations(std::function<void(const refactor::Progress&)> watcher);
  void stop();

  [[nodiscard]] DiscoveryStatistics statistics() const;
  // As of the last election.
  [[nodiscard]] bool is_active_node() const;
  // Waits until all reads are stored. Throws Error{backend} if they cannot be written.
  void flush();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace topo
