#include "store/position_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/name.h"
#include "store/for_keys.h"
#include "store/stored_text.h"

namespace topo::store {
namespace {

constexpr std::chrono::minutes pause{1};  // between two rows of an instance
// After this time unchanged coordinates are written again, as old rows are purged.
constexpr std::chrono::hours longest_pause{12};

// No event begins at 0, and a truncated file name is not a file.
BinlogCoordinates usable(BinlogCoordinates coordinates) {
  if (coordinates.position == 0 || !fits_name(coordinates.file)) return {};
  return coordinates;
}

PositionHistory::Noted places_of(const Instance& instance) {
  const auto* channel = instance.replication();
  return {std::chrono::steady_clock::now(), usable(instance.self_coordinates),
          channel == nullptr ? BinlogCoordinates{} : usable(channel->relay)};
}

// A log that restarts makes earlier rows worthless; a new row records that.
bool went_back(const BinlogCoordinates& now, const BinlogCoordinates& before) {
  return !now.empty() && !before.empty() && now < before;
}

bool is_due(const PositionHistory::Noted& now, const PositionHistory::Noted& before) {
  const auto since = now.at - before.at;
  if (now.binary == before.binary && now.relay == before.relay) return since >= longest_pause;
  return since >= pause || went_back(now.binary, before.binary) || went_back(now.relay, before.relay);
}

// The rows that any process wrote for these instances within the last minute.
std::map<InstanceKey, PositionHistory::Noted> noted_lately(DatabaseSession& session, Engine engine,
                                                           std::span<const InstanceKey> keys) {
  static const auto beginning = fmt::format(
      "SELECT hostname, port, binary_log_file, binary_log_pos, relay_log_file, relay_log_pos"
      " FROM database_instance_coordinates_history WHERE recorded_timestamp >"
      " from_unixtime(unix_timestamp(current_timestamp) - {}) AND (",
      std::chrono::seconds(pause).count());
  std::map<InstanceKey, PositionHistory::Noted> found;
  for_keys(session, engine, beginning, ") ORDER BY history_id", keys, [&](const RowView& row) {
    const auto key = row.key(0);
    if (!key) return;
    found.insert_or_assign(*key, PositionHistory::Noted{std::chrono::steady_clock::now(), row.coordinates(2),
                                                        row.coordinates(4)});
  });
  return found;
}

}  // namespace

PositionHistory::Draft PositionHistory::write(DatabaseSession& session, Engine engine, std::string_view now,
                                              std::span<const Read> read) {
  Draft due, unknown;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [instance, is_new] : read) {
      auto coordinates = places_of(*instance);
      if (coordinates.binary.empty() && coordinates.relay.empty()) continue;
      const auto before = noted_.find(instance->key);
      if (is_new || before == noted_.end()) {
        unknown.emplace_back(instance->key, std::move(coordinates));
      } else if (is_due(coordinates, before->second)) {
        due.emplace_back(instance->key, std::move(coordinates));
      }
    }
  }
  Draft known;
  if (!unknown.empty()) {
    std::vector<InstanceKey> keys;
    for (const auto& [key, coordinates] : unknown) keys.push_back(key);
    auto lately = noted_lately(session, engine, keys);
    for (auto& [key, coordinates] : unknown) {
      const auto before = lately.find(key);
      if (before == lately.end() || is_due(coordinates, before->second))
        due.emplace_back(std::move(key), std::move(coordinates));
      else
        known.emplace_back(std::move(key), std::move(before->second));
    }
  }
  std::vector<Values> rows;
  rows.reserve(due.size());
  for (const auto& [key, coordinates] : due) {
    rows.push_back({std::string_view(key.hostname()), std::int64_t{key.port()}, now, now,
                    std::string_view(coordinates.binary.file), stored_number(coordinates.binary.position),
                    std::string_view(coordinates.relay.file), stored_number(coordinates.relay.position)});
  }
  session.insert_rows(
      "INSERT INTO database_instance_coordinates_history (hostname, port, recorded_timestamp, last_seen,"
      " binary_log_file, binary_log_pos, relay_log_file, relay_log_pos) VALUES ",
      "", 8, rows);
  std::move(known.begin(), known.end(), std::back_inserter(due));
  return due;
}

void PositionHistory::keep(const Draft& noted) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, coordinates] : noted) noted_.insert_or_assign(key, coordinates);
}

}  // namespace topo::store
