// Matcher: finds the coordinates of a stopped replica in another server's binary log, by Pseudo-GTID.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pgtid/matching.h"
#include "topo/refactor/execution.h"
#include "topo/refactor/servers.h"

namespace spdlog {
class logger;
}

namespace topo::refactor {

// Thread-safe, except for two simultaneous calls about one replica.
class Matcher {
 public:
  Matcher(Servers& servers, const ExecutionOptions& options, spdlog::logger& log)
      : servers_(servers), options_(options), log_(log) {}

  // `replication`: the state of the stopped replica, with the end of its log. Of replicas that have executed
  // the same of the same master, one is matched, and the others use its coordinates. While the other server
  // still replicates and lacks what the replica has, waits for it. Throws Error{refused} with the verdict
  // when there are no such coordinates, or the other's log goes on with an event of the replica's own server
  // id; {sql} when a log cannot be read. A former master may have transactions of its own, if they were
  // injected (ExecutionOptions::is_injected).
  BinlogCoordinates coordinates(const Instance& replica, const ReplicationState& replication,
                                const Instance& other, bool was_master);

 private:
  struct Group {
    std::mutex mutex;
    std::optional<pgtid::Match> match;
  };
  Group& group_of(const InstanceKey& replica, const ReplicationState& replication, const InstanceKey& other);
  [[nodiscard]] std::vector<BinlogCoordinates> starts(const InstanceKey& key, LogType type) const;
  pgtid::Verdict verdict(const Instance& replica, const ReplicationState& replication, const Instance& other,
                         const std::string& newest, bool was_master);
  pgtid::Verdict verdict_by(LogType type, const Instance& replica, const ReplicationState& replication,
                            const Instance& other, const std::string& newest, bool was_master);
  void require_order(const Instance& other, const pgtid::Match& match);

  Servers& servers_;
  const ExecutionOptions& options_;
  spdlog::logger& log_;
  std::mutex mutex_;  // guards groups_
  std::map<std::string, std::unique_ptr<Group>> groups_;
};

// Whether the match may be wrong: among similar transactions the other server may have committed a later one
// first, and without GTIDs its log does not show it. Throws as Servers.
[[nodiscard]] bool may_look_alike(Servers& servers, const Instance& other, const pgtid::Match& match);

}  // namespace topo::refactor
