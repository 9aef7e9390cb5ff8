#include "topo/refactor/log_positions.h"

#include <fmt/format.h>

#include "refactor/known_coordinates.h"
#include "refactor/matcher.h"
#include "topo/base/error.h"
#include "topo/context.h"

namespace topo::refactor {
namespace {

// Reports a log that cannot be read as an error of the server.
template <typename Read>
auto reading(const InstanceKey& key, const Read& read) {
  try {
    return read();
  } catch (const pgtid::LogError& error) {
    throw Error(Code::sql, fmt::format("Cannot find coordinates of {}: {}", key.display(), error.what()));
  }
}

void require_log(const Instance& instance) {
  if (instance.self_coordinates.empty())
    throw Error(Code::refused, fmt::format("{} has no binary log", instance.key.display()));
}

}  // namespace

LogPositions::LogPositions(Context& context, MakeServers make_servers)
    : context_(context),
      make_servers_(make_servers ? std::move(make_servers) : [&context] { return live_servers(context); }) {
  const auto& pattern = context.configuration().pseudo_gtid_pattern;
  if (!pattern.empty()) pattern_ = std::make_shared<const pgtid::Pattern>(pattern);
}

const pgtid::Pattern& LogPositions::pattern() const {
  if (!pattern_) throw Error(Code::refused, "PseudoGTIDPattern is not set in the configuration");
  return *pattern_;
}

pgtid::Entry LogPositions::last_entry(const InstanceKey& key, pgtid::Reach reach) {
  static_cast<void>(pattern());
  const auto servers = make_servers_();
  const auto instance = servers->read(key);
  return reading(key, [&] {
    const bool logs_all = instance.log_bin && (!instance.is_replica() || instance.log_slave_updates);
    if (logs_all && !instance.self_coordinates.empty()) {
      const auto logs = servers->logs(instance, LogType::binary);
      if (auto entry = pgtid::find_last_entry(
              {*logs, instance.self_coordinates, known_coordinates(context_, key, LogType::binary)},
              pattern(), reach))
        return *entry;
    }
    const auto* channel = instance.replication();
    if (channel != nullptr && !channel->relay.empty()) {
      const auto logs = servers->logs(instance, LogType::relay);
      if (auto entry = pgtid::find_last_entry(
              {*logs, channel->relay, known_coordinates(context_, key, LogType::relay)}, pattern(), reach))
        return *entry;
    }
    throw Error(
        Code::not_found,
        fmt::format("There is no Pseudo-GTID entry in the {} of {}{}",
                    reach == pgtid::Reach::newest_file ? "newest logs" : "logs", key.display(),
                    reach == pgtid::Reach::newest_file ? "; -strict looks into older ones, too" : ""));
  });
}

pgtid::Entry LogPositions::event(const InstanceKey& key, const std::string& text) {
  const auto servers = make_servers_();
  const auto instance = servers->read(key);
  require_log(instance);
  return reading(key, [&] {
    const auto logs = servers->logs(instance, LogType::binary);
    if (auto found = pgtid::find_event({*logs, instance.self_coordinates.file}, text)) return *found;
    throw Error(Code::not_found,
                fmt::format("No event of the binary logs of {} has exactly that text", key.display()));
  });
}

BinlogCoordinates LogPositions::correlated(const InstanceKey& key,
                                           const std::optional<BinlogCoordinates>& coordinates,
                                           const InstanceKey& other_key) {
  static_cast<void>(pattern());
  const auto servers = make_servers_();
  const auto own = servers->read(key);
  const auto other = servers->read(other_key);
  require_log(own);
  require_log(other);
  return reading(key, [&] {
    const auto own_logs = servers->logs(own, LogType::binary);
    const auto other_logs = servers->logs(other, LogType::binary);
    const auto verdict = pgtid::match(
        {*own_logs, coordinates.value_or(own.self_coordinates),
         known_coordinates(context_, key, LogType::binary)},
        {*other_logs, other.self_coordinates.file, known_coordinates(context_, other_key, LogType::binary)},
        pattern());
    if (const auto* match = std::get_if<pgtid::Match>(&verdict)) {
      if (!may_look_alike(*servers, other, *match)) return match->coordinates;
      throw Error(Code::refused,
                  fmt::format("{} may commit in another order than its master "
                              "(replica_preserve_commit_order is off), and without GTIDs its log is "
                              "not sufficient",
                              other_key.display()));
    }
    throw Error(Code::refused, fmt::format("{} of {} has no counterpart in the binary logs of {}: {}",
                                           coordinates.value_or(own.self_coordinates).display(),
                                           key.display(), other_key.display(), pgtid::describe(verdict)));
  });
}

}  // namespace topo::refactor
