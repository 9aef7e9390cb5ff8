// Places in binary logs, found by Pseudo-GTID, of servers that go on as they are.
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
// logs do not tell; {not_found} when what is sought is not there; {unreachable} or {timeout} when a server
// does not answer; {sql} when a log cannot be read.
class LogPlaces {
 public:
  using MakeServers = std::function<std::unique_ptr<Servers>()>;
  // `context` must outlive the object. By default the servers are real ones.
  explicit LogPlaces(Context& context, MakeServers make_servers = nullptr);

  // The last entry in the binary logs of an instance, or, where it writes none of what it replicates, or has
  // no entry in them, of those in its relay logs that it has executed.
  [[nodiscard]] pgtid::Entry last_entry(const InstanceKey& key, pgtid::Reach reach);
  // The newest event of its binary logs with exactly that text.
  [[nodiscard]] pgtid::Entry event(const InstanceKey& key, const std::string& text);
  // What corresponds to a place in the binary log of the one in that of the other. nullopt: its end.
  [[nodiscard]] BinlogCoordinates correlated(const InstanceKey& key,
                                             const std::optional<BinlogCoordinates>& place,
                                             const InstanceKey& other);

 private:
  [[nodiscard]] const pgtid::Pattern& pattern() const;

  Context& context_;
  const MakeServers make_servers_;
  std::shared_ptr<const pgtid::Pattern> pattern_;
};

}  // namespace refactor
}  // namespace topo
