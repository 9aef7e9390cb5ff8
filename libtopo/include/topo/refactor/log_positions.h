// Coordinates in binary logs, found by Pseudo-GTID. The servers keep replicating.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pgtid/matching.h"
#include "topo/refactor/servers.h"

namespace topo {

class Context;

namespace refactor {

// Thread-safe. Functions throw Error: {refused} when PseudoGTIDPattern is needed and not set, or the servers'
// logs are not sufficient; {not_found} when the logs do not have the entry or event; {unreachable} or
// {timeout} when a server does not answer; {sql} when a log cannot be read.
class LogPositions {
 public:
  using MakeServers = std::function<std::unique_ptr<Servers>()>;
  // `context` must outlive the object. By default the servers are real ones.
  explicit LogPositions(Context& context, MakeServers make_servers = nullptr);

  // The last entry in the instance's binary logs. If the instance does not log replicated events, or its
  // binary logs have no entry: the last executed entry in its relay logs.
  [[nodiscard]] pgtid::Entry last_entry(const InstanceKey& key, pgtid::Reach reach);
  // The newest event in the instance's binary logs with exactly this text.
  [[nodiscard]] pgtid::Entry event(const InstanceKey& key, const std::string& text);
  // The coordinates in the binary logs of `other` that correspond to `coordinates` in those of `key`.
  // nullopt: their end.
  [[nodiscard]] BinlogCoordinates correlated(const InstanceKey& key,
                                             const std::optional<BinlogCoordinates>& coordinates,
                                             const InstanceKey& other);

 private:
  [[nodiscard]] const pgtid::Pattern& pattern() const;

  Context& context_;
  const MakeServers make_servers_;
  std::shared_ptr<const pgtid::Pattern> pattern_;
};

}  // namespace refactor
}  // namespace topo
