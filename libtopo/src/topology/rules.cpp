#include "topo/topology/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <unordered_set>

#include "base/shown_text.h"
#include "topo/config/configuration.h"
#include "topo/mysql/dialect.h"

namespace topo {
namespace {

using namespace std::chrono_literals;

template <typename... Values>
Refusal refuse(fmt::format_string<Values...> text, Values&&... values) {
  return {fmt::format(text, std::forward<Values>(values)...)};
}

// Release series: replication works from an older one to a newer one, not the other way round.
struct Series {
  unsigned major, minor;
  friend auto operator<=>(const Series&, const Series&) = default;
};
Series series_of(const Instance& instance) {
  const auto version = Version::parse(instance.version);
  return {version.major, version.minor};
}

bool is_since(const Instance& instance, Version version) {
  return Version::parse(instance.version) >= version;
}

std::optional<Refusal> why_not_by_version(const Instance& replica, const Instance& master) {
  if (replica.is_binlog_server || master.is_binlog_server) return std::nullopt;
  const bool to_mariadb = is_mariadb(replica.version);
  const bool from_mariadb = is_mariadb(master.version);
  if (from_mariadb && !to_mariadb) {
    return refuse("{} is MySQL ({}), which cannot replicate from {}, a MariaDB ({})", replica.key.display(),
                  replica.version, master.key.display(), master.version);
  }
  if (to_mariadb && !from_mariadb) {
    // MariaDB does not understand the binary log of MySQL 8.0.
    if (!is_since(master, {8, 0, 0})) return std::nullopt;
    return refuse("{} is MariaDB ({}), which cannot replicate from MySQL 8.0 and newer, as {} is ({})",
                  replica.key.display(), replica.version, master.key.display(), master.version);
  }
  if (series_of(replica) < series_of(master)) {
    return refuse("{} ({}) is of an older release series than {} ({})", replica.key.display(),
                  replica.version, master.key.display(), master.version);
  }
  return std::nullopt;
}

// Event details that some versions of the same or another flavour cannot read.
std::optional<Refusal> why_not_by_event_format(const Instance& replica, const Instance& master) {
  if (replica.is_binlog_server || master.is_binlog_server) return std::nullopt;
  const bool to_mariadb = is_mariadb(replica.version);
  const bool has_checksums = !master.binlog_checksum.empty() && master.binlog_checksum != "NONE";
  if (has_checksums && !to_mariadb && !is_since(replica, {5, 6, 1})) {
    return refuse("{} writes checksums to its binary log (binlog_checksum = {}), which {} ({}) cannot read",
                  master.key.display(), master.binlog_checksum, replica.key.display(), replica.version);
  }
  const bool has_whole_rows = master.binlog_row_image.empty() || master.binlog_row_image == "FULL" ||
                              master.binlog_format == "STATEMENT";
  const bool knows_images = to_mariadb ? is_since(replica, {10, 1, 6}) : is_since(replica, {5, 6, 2});
  if (!has_whole_rows && !knows_images) {
    return refuse("{} logs parts of rows (binlog_row_image = {}), which {} ({}) cannot apply",
                  master.key.display(), master.binlog_row_image, replica.key.display(), replica.version);
  }
  if (master.binlog_compression && !to_mariadb && !is_since(replica, {8, 0, 20})) {
    return refuse("{} compresses transactions in its binary log, which {} ({}) cannot read",
                  master.key.display(), replica.key.display(), replica.version);
  }
  return std::nullopt;
}

// STATEMENT < MIXED < ROW; a replica that logs what it replicates cannot turn rows into statements.
int rank_of_format(const std::string& format) {
  if (format == "STATEMENT") return 0;
  if (format == "MIXED") return 1;
  return 2;
}

// MySQL's threads refuse to start when one side has GTIDs only and the other none.
bool do_gtid_modes_clash(const Instance& replica, const Instance& master) {
  return (replica.gtid_mode == "OFF" && master.gtid_mode == "ON") ||
         (replica.gtid_mode == "ON" && master.gtid_mode == "OFF");
}

// By GTID its position passes the events that it ignores: nothing shows that it lacks them.
bool ignores_events_of(const ReplicationChannel& channel, std::uint32_t server_id) {
  const std::string_view ids = channel.ignored_server_ids;
  constexpr std::string_view digits = "0123456789";
  for (auto at = ids.find_first_of(digits); at != std::string_view::npos;) {
    const auto end = std::min(ids.find_first_not_of(digits, at), ids.size());
    if (ids.substr(at, end - at) == fmt::to_string(server_id)) return true;
    at = ids.find_first_of(digits, end);
  }
  return false;
}

std::optional<Refusal> why_not_by_identity(const Instance& replica, const Instance& master) {
  if (replica.server_id == master.server_id && !master.is_binlog_server && !replica.is_binlog_server) {
    return refuse("{} and {} have the same server id, {}", replica.key.display(), master.key.display(),
                  master.server_id);
  }
  if (const auto* channel = replica.replication(); channel && ignores_events_of(*channel, master.server_id)) {
    return refuse("{} ignores the events of server id {}, which is that of {} (IGNORE_SERVER_IDS)",
                  replica.key.display(), master.server_id, master.key.display());
  }
  if (!master.server_uuid.empty() && replica.server_uuid == master.server_uuid) {
    return refuse("{} and {} have the same server UUID, {}", replica.key.display(), master.key.display(),
                  master.server_uuid);
  }
  return std::nullopt;
}

std::optional<Refusal> why_not_known_now(const KnownInstance& known, const RuleLimits& limits) {
  const auto name = known.instance.key.display();
  if (!known.last_check_valid) {
    return refuse("{} could not be read{}{}", name, known.last_check_error.empty() ? "" : ": ",
                  known.last_check_error);
  }
  if (!known.is_recently_checked(limits.poll_interval)) return refuse("{} was not checked recently", name);
  return std::nullopt;
}

std::string with_error(const std::string& error) {
  return error.empty() ? "" : ": " + error;
}

}  // namespace

bool has_filters(const Instance& instance) {
  const auto* channel = instance.replication();
  return channel != nullptr && channel->has_filters;
}

RuleLimits rule_limits(const Configuration& configuration) {
  return {configuration.instance_poll, configuration.reasonable_maintenance_replication_lag,
          configuration.verify_replication_filters, !configuration.pseudo_gtid_pattern.empty()};
}

std::optional<Refusal> why_not_replicate(const Instance& replica, const Instance& master,
                                         const RuleLimits& limits) {
  const auto name = replica.key.display();
  const auto other = master.key.display();
  if (replica.key == master.key) return refuse("{} cannot replicate from itself", name);
  if (!master.log_bin) return refuse("{} has no binary log", other);
  if (master.is_replica() && !master.log_slave_updates)
    return refuse("{} does not log what it replicates (log_slave_updates is off)", other);
  if (auto refusal = why_not_by_version(replica, master)) return refusal;
  const bool logs_again = replica.log_bin && replica.log_slave_updates && !master.is_binlog_server;
  if (logs_again && rank_of_format(replica.binlog_format) < rank_of_format(master.binlog_format)) {
    return refuse("{} logs in {} format and cannot replicate from {}, which logs in {} format", name,
                  replica.binlog_format, other, master.binlog_format);
  }
  if (auto refusal = why_not_by_event_format(replica, master)) return refusal;
  if (do_gtid_modes_clash(replica, master))
    return refuse("{} has gtid_mode {}, {} has {}", name, replica.gtid_mode, other, master.gtid_mode);
  if (limits.verify_filters && has_filters(master) && !has_filters(replica))
    return refuse("{} has replication filters and {} has none", other, name);
  return why_not_by_identity(replica, master);
}

std::optional<Refusal> why_not_a_replica(const Instance& instance) {
  const auto name = instance.key.display();
  if (!instance.is_replica()) return refuse("{} is not a replica", name);
  if (instance.master_key().has_value()) return std::nullopt;
  return refuse("{} replicates from \"{}\", which names no server; CHANGE MASTER TO gives it a usable name",
                name, shown_text(instance.replication()->unusable_master));
}

namespace {

// "a:3306 > b:3306 > c:3306 > a:3306".
std::string drawn(const std::vector<const KnownInstance*>& ring) {
  std::string text;
  for (const auto* member : ring) text += member->instance.key.display() + " > ";
  return text + ring.front()->instance.key.display();
}

std::optional<Refusal> why_not_a_replica_now(const KnownInstance& replica, const RuleLimits& limits) {
  const Instance& instance = replica.instance;
  const auto name = instance.key.display();
  if (auto refusal = why_not_unlocked(replica)) return refusal;
  if (auto refusal = why_not_known_now(replica, limits)) return refusal;
  if (auto refusal = why_not_a_replica(instance)) return refusal;
  if (instance.is_multi_source())
    return refuse("{} replicates on {} channels; only a replica with one channel can be moved", name,
                  instance.channels_in_use());
  if (is_detached(instance)) return refuse("{} is detached; reattach-slave undoes that", name);
  return why_not_sure_of_master(replica);
}

}  // namespace

std::optional<Refusal> why_not_match(const KnownInstance& replica, const RuleLimits& limits) {
  return why_not_a_replica_now(replica, limits);
}

Refusal why_not_beside(const Instance& replica, const InstanceKey& master) {
  std::vector<std::string> names;
  for (const auto& channel : replica.channels)
    if (channel.master == master && replica.is_in_use(channel)) names.push_back(channel.name);
  return {fmt::format(
      "{} replicates from {} on the channel '{}', beside {}; only a replica with one channel "
      "can be moved: give that channel its new master by hand",
      replica.key.display(), master.display(), fmt::join(names, "', '"), display_of(replica.master_key()))};
}

bool is_connected_to(const KnownInstance& replica, const InstanceKey& master) noexcept {
  const auto& channels = replica.instance.channels;
  return replica.last_check_valid && std::ranges::any_of(channels, [&](const ReplicationChannel& channel) {
           return channel.master == master && channel.io_thread == ThreadState::running;
         });
}

namespace {

// A thread that a user has stopped says nothing.
bool has_lost_connection_to(const KnownInstance& replica, const InstanceKey& master) {
  const auto& channels = replica.instance.channels;
  return replica.last_check_valid && std::ranges::any_of(channels, [&](const ReplicationChannel& channel) {
           return channel.master == master && channel.io_thread != ThreadState::running &&
                  (channel.io_thread == ThreadState::other || !channel.last_io_error.empty());
         });
}

// Why the failure of a read is no reason of death; nullopt: it is one.
std::optional<Refusal> why_not_silent(const KnownInstance& master) {
  const auto name = master.instance.key.display();
  const auto& error = master.last_check_error;
  switch (master.last_check_failure) {
    case ReadFailure::no_answer: return std::nullopt;
    case ReadFailure::answered: return refuse("{} is alive: it answers with an error: {}", name, error);
    case ReadFailure::local:
      return refuse("{} may be alive: it could not be asked from here: {}", name, error);
    case ReadFailure::none:
    case ReadFailure::unknown: break;
  }
  return refuse("{} may be alive: why it could not be read is not known{}", name, with_error(error));
}

}  // namespace

std::optional<Refusal> why_not_dead(const Topology& topology, const KnownInstance& master) {
  const auto name = master.instance.key.display();
  const auto& key = master.instance.key;
  if (master.last_check_valid) return refuse("{} is alive: it was read just now", name);
  if (auto refusal = why_not_silent(master)) return refusal;
  auto replicas = topology.replicas_of(master);
  std::ranges::copy(topology.side_replicas_of(master), std::back_inserter(replicas));
  std::string connected;
  for (const auto* replica : replicas) {
    if (is_connected_to(*replica, key))
      connected.append(connected.empty() ? "" : ", ").append(replica->instance.key.display());
  }
  if (!connected.empty()) {
    return refuse(
        "{} may be alive: it does not answer here ({}), but the IO thread of these is connected to it: {}; a "
        "dead host is noticed after slave_net_timeout",
        name, master.last_check_error, connected);
  }
  const bool is_confirmed = std::ranges::any_of(
      replicas, [&](const auto* replica) { return has_lost_connection_to(*replica, key); });
  if (master.polled_ago && !is_confirmed) {
    return refuse(
        "{} may be alive: it does not answer here ({}), but the node that polls has read it {} s ago, and no "
        "replica has lost its connection to it; the next poll tells",
        name, master.last_check_error, master.polled_ago->count());
  }
  return std::nullopt;
}

std::optional<Refusal> why_not_lift_delay(const Instance& replica) {
  const auto* channel = replica.replication();
  if (channel == nullptr) return std::nullopt;
  const auto dialect = mysql::Dialect::of(replica.version);
  const bool is_of_mariadb = dialect.flavour() == mysql::Flavour::mariadb;
  const bool loses_log = !is_of_mariadb && channel->using_oracle_gtid && !dialect.changes_delay_alone();
  if (!loses_log && (!is_of_mariadb || channel->using_mariadb_gtid)) return std::nullopt;
  return refuse("the delay of {} cannot be lifted: this release of {} would {}", replica.key.display(),
                is_of_mariadb ? "MariaDB" : "MySQL",
                is_of_mariadb
                    ? "report all that it has received as executed; STOP SLAVE, CHANGE MASTER TO "
                      "MASTER_DELAY = 0, RELAY_LOG_FILE = …, RELAY_LOG_POS = … with its values of SHOW "
                      "SLAVE STATUS, and START SLAVE end the delay"
                    : "delete its relay logs");
}

std::optional<Refusal> why_not_delete_relay_log(const Instance& replica) {
  const auto* channel = replica.replication();
  if (channel == nullptr || channel->io_thread == ThreadState::running || channel->read.empty() ||
      channel->read <= channel->exec || is_detached(replica))
    return std::nullopt;
  return refuse(
      "{0} has received events of {1}, from {2} to {3}, that it has not executed. It is not connected to "
      "{1}, so "
      "they may be nowhere else, and its relay log would be deleted. `start-slave -i {0}` executes them, "
      "unless "
      "they are only the beginning of a transaction; -allow-loss gives them up",
      replica.key.display(), display_of(channel->master), channel->exec.display(), channel->read.display());
}

std::optional<HeldEvents> held_events(const Instance& replica) {
  const auto* channel = replica.replication();
  if (channel == nullptr || channel->why_not_drained.empty() || channel->read <= channel->exec)
    return std::nullopt;
  return HeldEvents{
      channel->exec, channel->read,
      fmt::format("{} has received events of {}, {}to {}, and has not executed them: {}",
                  replica.key.display(), display_of(channel->master),
                  channel->exec.empty() ? "up " : fmt::format("from {} ", channel->exec.display()),
                  channel->read.display(), channel->why_not_drained)};
}

bool will_have(const HeldEvents& held, const ReplicationChannel& replica,
               const std::optional<ReplicationChannel>& other) noexcept {
  return other && other->master && other->master == replica.master &&
         (other->io_thread == ThreadState::running || held.to <= other->exec);
}

std::vector<LogType> logs_to_match_by(const Instance& replica, const Instance& other) {
  const bool logs_itself = replica.log_bin && replica.log_slave_updates;
  if (!logs_itself) return {LogType::relay};
  if (replica.binlog_format == other.binlog_format) return {LogType::binary, LogType::relay};
  return {LogType::relay, LogType::binary};
}

std::optional<Refusal> why_not_move(const KnownInstance& replica, const RuleLimits& limits) {
  if (auto refusal = why_not_a_replica_now(replica, limits)) return refusal;
  const Instance& instance = replica.instance;
  const auto name = instance.key.display();
  const auto& channel = *instance.replication();
  if (instance.never_connected())
    return refuse("{} has never connected to its current master, {}{}", name, display_of(channel.master),
                  with_error(channel.last_io_error));
  if (channel.sql_thread != ThreadState::running)
    return refuse("the SQL thread of {} is not running{}", name, with_error(channel.last_sql_error));
  if (channel.io_thread != ThreadState::running)
    return refuse("the IO thread of {} is not running{}", name, with_error(channel.last_io_error));
  if (!channel.seconds_behind_master)
    return refuse("{} reports no lag (Seconds_Behind_Master is NULL)", name);
  const auto lag = std::max(*channel.seconds_behind_master, instance.slave_lag.value_or(0s));
  if (lag > limits.max_lag) {
    return refuse("{} lags {} s{}, more than ReasonableMaintenanceReplicationLagSeconds ({})", name,
                  lag.count(), lag > *channel.seconds_behind_master ? " by SlaveLagQuery" : "",
                  limits.max_lag.count());
  }
  if (channel.sql_delay > limits.max_lag) {
    return refuse(
        "{} has a configured delay of {} s, more than ReasonableMaintenanceReplicationLagSeconds ({})", name,
        channel.sql_delay.count(), limits.max_lag.count());
  }
  return std::nullopt;
}

std::optional<Refusal> why_not_unlocked(const KnownInstance& known) {
  if (known.locked.empty()) return std::nullopt;
  return Refusal{known.locked, Code::locked};
}

bool was_last_master(const Instance& replica, const Instance& master) {
  const auto* channel = replica.replication();
  return channel != nullptr && !channel->master_uuid.empty() && channel->master_uuid == master.server_uuid;
}

// A binlog server reports the identity of its own master.
std::optional<std::string> why_not_last_master(const Instance& replica, const Instance& master) {
  const auto* channel = replica.replication();
  if (channel == nullptr || master.is_binlog_server || was_last_master(replica, master)) return std::nullopt;
  const bool has_uuids = !channel->master_uuid.empty() && !master.server_uuid.empty();
  const bool has_other_id = channel->master_server_id != 0 && master.server_id != 0 &&
                            channel->master_server_id != master.server_id;
  if (!has_uuids && !has_other_id) return std::nullopt;
  const auto name = replica.key.display();
  const auto reported = channel->reported_master ? channel->reported_master : channel->master;
  const auto tell = [&](std::string_view what, const auto& of_channel, const auto& of_master) {
    return fmt::format(
        "{0} last replicated from a server with {1} {2}, while {3}{4} has {5}: the name leads {0} elsewhere, "
        "or the server there is another one by now; where it replicates from is not known until it has "
        "connected again (run stop-slave and start-slave)",
        name, what, of_channel, master.key.display(),
        reported == master.key
            ? ""
            : fmt::format(", to which its master's name {} leads here,", display_of(reported)),
        of_master);
  };
  if (has_uuids) return tell("server_uuid", shown_text(channel->master_uuid), shown_text(master.server_uuid));
  return tell("server_id", channel->master_server_id, master.server_id);
}

std::optional<Refusal> why_not_sure_of_master(const KnownInstance& replica) {
  if (replica.master_in_doubt.empty()) return std::nullopt;
  return Refusal{replica.master_in_doubt};
}

std::optional<Refusal> why_not_by_large_ring(const Topology& topology, const InstanceKey& replica,
                                             const std::optional<InstanceKey>& master) {
  const auto* known = topology.find(replica);
  if (known == nullptr) return std::nullopt;
  if (const auto& ring = topology.ring_of(*known); !ring.empty()) {
    return refuse(
        "{} is in a ring of {} masters, {}, which no operation changes; to end the ring, run STOP SLAVE and "
        "RESET SLAVE ALL (STOP REPLICA and RESET REPLICA ALL since MySQL 8.4) on one of them",
        replica.display(), ring.size(), drawn(ring));
  }
  const auto* above = master ? topology.find(*master) : nullptr;
  if (above == nullptr || known->instance.master_key() == master) return std::nullopt;
  if (const auto& ring = topology.ring_of(*above); !ring.empty()) {
    return refuse("{} is in a ring of {} masters, {}: no instance can be moved below it", master->display(),
                  ring.size(), drawn(ring));
  }
  return std::nullopt;
}

std::optional<Refusal> why_not_become_co_master(const KnownInstance& master, const RuleLimits& limits) {
  if (auto refusal = why_not_known_now(master, limits)) return refusal;
  const auto name = master.instance.key.display();
  for (const auto& channel : master.instance.channels) {
    if (channel.io_thread != ThreadState::stopped || channel.sql_thread != ThreadState::stopped)
      return refuse("{} is replicating from {}", name, display_of(channel.master));
  }
  return std::nullopt;
}

bool is_descendant(const Topology& topology, const InstanceKey& key, const InstanceKey& ancestor) {
  std::unordered_set<InstanceKey> passed{key};
  const auto* known = topology.find(key);
  while (known != nullptr) {
    const auto master = known->instance.master_key();
    if (!master || !passed.insert(*master).second) return false;
    if (master == ancestor) return true;
    known = topology.find(*master);
  }
  return false;
}

BinlogCoordinates detached_coordinates(const BinlogCoordinates& real) {
  return {fmt::format("//{}:{}", real.file, real.position), real.position, real.type};
}

std::optional<BinlogCoordinates> attached_coordinates(const BinlogCoordinates& exec) {
  std::string_view text = exec.file;
  if (!text.starts_with("//")) return std::nullopt;
  text.remove_prefix(2);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.find('/') != std::string_view::npos)
    return std::nullopt;
  const auto digits = text.substr(colon + 1);
  std::uint64_t position = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return BinlogCoordinates{std::string(text.substr(0, colon)), position, exec.type};
}

bool is_detached(const Instance& instance) {
  const auto* channel = instance.replication();
  return channel != nullptr && attached_coordinates(channel->exec).has_value();
}

}  // namespace topo
