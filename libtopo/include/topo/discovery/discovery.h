// Discovery: finds topologies from one of their servers, and keeps what is known of them fresh.
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
#include "topo/context.h"
#include "topo/topology/instance.h"

namespace topo {

// Of those that nobody waits for.
inline constexpr std::size_t max_submitted_discoveries = 64;

// What a one-off discovery met.
struct DiscoveryReport {
  InstanceKey start;               // as it is known now: resolved, or the other name of a known server
  std::vector<InstanceKey> found;  // read and stored
  struct Failure {
    InstanceKey key;
    std::string reason;
  };
  std::vector<Failure> failures;  // could not be read
  [[nodiscard]] bool start_found() const;
  // The first twenty, and how many there are beyond: one server may list thousands that do not exist.
  void log_failures(spdlog::logger& log) const;
};

// Counters since construction, for /metrics, benchmarks and tests.
struct DiscoveryStatistics {
  std::uint64_t polls = 0;  // reads that ended, well or not
  std::uint64_t failed_polls = 0;
  std::uint64_t requests = 0;  // round trips of those reads
  std::uint64_t connects = 0;
  std::uint64_t backend_writes = 0;  // transactions
  DurationHistogram poll_times;
  std::chrono::nanoseconds lateness{0};  // sum over polls of how long after its due time each began
  std::size_t instances = 0;             // in the schedule
  std::size_t queued = 0;                // of those, due and not being read yet
  std::size_t threads = 0;               // workers alive
};

// Who this process is to the others that share its backend.
struct NodeIdentity {
  std::string hostname;
  std::string token;    // 64 hexadecimal digits, new at every start
  std::string command;  // what the process does: "http", "continuous"
  std::string version;  // of the program
  // Throws Error when the system tells no host name or gives no random bytes.
  static NodeIdentity make(std::string command, std::string version);
};

// Thread-safe. Reads that are under way when it is destroyed are finished, and all that was read is written.
class Discovery {
 public:
  explicit Discovery(Context& context);
  ~Discovery();

  // Reads `start` and whatever replication leads to from it, upwards and downwards, each server once, and
  // returns when all of it has been read (or has failed) and is stored. Servers that were read within
  // InstancePollSeconds are crawled on from what is known. Throws Error for a start that cannot be
  // resolved, and Error{backend}; a server that cannot be read is a Failure in the report.
  DiscoveryReport discover(const InstanceKey& start);
  // The same without waiting; the outcome is in the log. Throws Error{refused} while
  // max_submitted_discoveries are under way.
  void submit(const InstanceKey& start);

  // Reads one instance now and stores it. Throws what Inspector::read throws, after having stored the
  // failure.
  KnownInstance refresh(const InstanceKey& key);
  // Takes in what an operation has just read of servers (refactor::Servers::read), so that the backend knows
  // at once what was changed. What such a read does not tell stays as it was last known. Throws
  // Error{backend}.
  void take(const std::vector<Instance>& read);
  // Removes it from the backend and from the schedule. True if it was known.
  bool forget(const InstanceKey& key);

  // Polls all known instances, each every InstancePollSeconds, for as long as this node is the active one;
  // elects, forgets and tidies as configured. Returns at once; ends with stop() or the destructor.
  void start_continuous(const NodeIdentity& node);
  void stop();

  [[nodiscard]] DiscoveryStatistics statistics() const;
  // As of the last election.
  [[nodiscard]] bool is_active_node() const;
  // Waits until all that was read is in the backend. Throws Error{backend} if it cannot be written.
  void flush();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace topo
