#include "inspect/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/shown_text.h"
#include "topo/mysql/dialect.h"
#include "topo/mysql/semi_sync.h"

namespace topo::inspect {
namespace {

// Limits for lists that a server sends. MySQL has at most 256 channels.
constexpr std::size_t max_replicas = 5000;
constexpr std::size_t max_channels = 256;
constexpr std::size_t max_long_queries = 1000;

// MariaDB 12 has more values of read_only than ON; all except OFF refuse writes.
bool is_read_only(const mysql::Row& row, std::string_view column) {
  const auto value = row.text(column);
  return value && *value != "0" && *value != "OFF";
}

// For the process list: some versions report a huge or negative time after the clock went backwards.
std::chrono::seconds running_time(const mysql::Row& row) {
  constexpr std::int64_t century = std::int64_t{100} * 366 * 24 * 3600;
  const auto time = row.number_or("time");
  return std::chrono::seconds(time < 0 || time > century ? 0 : time);
}

std::string warn_of_unusable(const std::vector<std::string>& names) {
  return fmt::format(
      "{} of its replicas registered under invalid host names, such as \"{}\": they are not discovered; set "
      "report_host on them",
      names.size(), shown_text(names.front()));
}

std::string warn_of_excess(std::size_t excess, std::size_t most, std::string_view what) {
  return fmt::format("It lists {} {}: {} of them are ignored, because the limit is {}", most + excess, what,
                     excess, most);
}

std::string warn_of_partial(std::size_t odd, std::size_t all) {
  return fmt::format(
      "{} of {} registered replicas have no host name (set report_host on them); they were looked for in the "
      "process list",
      odd, all);
}

}  // namespace

void apply_facts(const mysql::ResultSet& rows, Instance& instance) {
  if (rows.empty())
    throw Error(Code::sql, fmt::format("{}: no row of server variables", instance.key.display()));
  const auto row = rows[0];
  instance.server_id = static_cast<std::uint32_t>(row.number_or("server_id"));
  instance.version = row.string_or("version");
  instance.version_comment = row.string_or("version_comment");
  instance.reported_hostname = row.string_or("hostname");
  instance.reported_port = static_cast<std::uint16_t>(row.number_or("port"));
  instance.read_only = is_read_only(row, "read_only");
  instance.super_read_only = row.flag("super_read_only");
  instance.binlog_format = row.string_or("binlog_format");
  instance.binlog_row_image = row.string_or("binlog_row_image");
  instance.binlog_checksum = row.string_or("binlog_checksum");
  instance.binlog_compression = row.flag("binlog_compression");
  instance.log_bin = row.flag("log_bin");
  instance.log_slave_updates = row.flag("log_slave_updates");
  instance.server_uuid = row.string_or("server_uuid");
  instance.gtid_mode = row.string_or("gtid_mode");
  instance.gtid_purged = row.string_or("gtid_purged");
  apply_gtids(rows, instance);
}

void apply_gtids(const mysql::ResultSet& rows, Instance& instance) {
  if (rows.empty()) throw Error(Code::sql, fmt::format("{}: no row of its GTIDs", instance.key.display()));
  instance.executed_gtid_set = rows[0].string_or("gtid_executed");
  instance.logged_gtids = rows[0].string_or("gtid_binlog_state");
}

bool apply_maxscale_facts(const mysql::ResultSet& rows, Instance& instance) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].text(0) != "MAXSCALE_VERSION") continue;
    instance.version = rows[i].string_or("value") + "-maxscale";
    instance.binlog_format = "TRANSPARENT";
    instance.is_binlog_server = instance.read_only = instance.log_bin = instance.log_slave_updates = true;
    return true;
  }
  return false;
}

std::optional<std::chrono::seconds> seconds_in(const mysql::ResultSet& rows) {
  if (rows.empty()) return std::nullopt;
  const auto text = rows[0].text(0);
  if (!text) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || !std::isfinite(value) || std::abs(value) > 1e12) return std::nullopt;
  return std::chrono::seconds(std::llround(value));
}

void apply_uptime(const mysql::ResultSet& rows, Instance& instance) {
  if (!rows.empty()) instance.uptime = std::chrono::seconds(rows[0].number(1).value_or(0));
}

void apply_semi_sync(const mysql::Answer& variables, const mysql::Answer& status, Instance& instance) {
  if (variables.error) return;
  instance.parallel_workers = mysql::parse_parallel_workers(variables.rows);
  if (!status.error) instance.semi_sync = mysql::parse_semi_sync(variables.rows, status.rows);
}

void apply_binary_log_status(const mysql::ResultSet& rows, Instance& instance) {
  if (rows.empty() || !instance.log_bin) return;
  instance.self_coordinates = {rows[0].string_or("File"),
                               static_cast<std::uint64_t>(rows[0].number_or("Position")), LogType::binary};
  instance.has_binlog_filters =
      !rows[0].string_or("Binlog_Do_DB").empty() || !rows[0].string_or("Binlog_Ignore_DB").empty();
}

// Such an instance may have been promoted, or has a master and was never started; the status does not
// distinguish the two.
void warn_of_leftovers(Instance& instance) {
  for (const auto& channel : instance.channels) {
    if (!channel.master || !instance.is_leftover(channel)) continue;
    instance.warnings.push_back(fmt::format(
        "It has a master, {}, but no coordinates, because it was reset or never started, and is not treated "
        "as a replica: set coordinates with CHANGE MASTER TO, or remove the master with RESET {} ALL",
        display_of(channel.master),
        mysql::Dialect::of(instance.version).says_replica() ? "REPLICA" : "SLAVE"));
  }
}

void apply_replica_status(const mysql::ResultSet& rows, const ResolveHost& resolve, Instance& instance) {
  if (rows.size() > max_channels)
    instance.warnings.push_back(warn_of_excess(rows.size() - max_channels, max_channels, "channels"));
  for (std::size_t i = 0; i < std::min(rows.size(), max_channels); ++i) {
    auto channel = mysql::parse_replica_status(rows[i]);
    if (!channel) continue;
    channel->reported_master = channel->master;
    if (channel->master) channel->master = resolve(*channel->master);
    if (!channel->unusable_master.empty()) {
      instance.warnings.push_back(fmt::format(
          "Its master is reported as \"{}\", which is not a valid host and port: it is not "
          "discovered; set another master there, with CHANGE MASTER TO or CHANGE REPLICATION SOURCE TO",
          shown_text(channel->unusable_master)));
    }
    instance.channels.push_back(std::move(*channel));
  }
  std::sort(instance.channels.begin(), instance.channels.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  if (const auto* channel = instance.replication()) instance.slave_lag = channel->seconds_behind_master;
  warn_of_leftovers(instance);
  if (instance.is_multi_source()) {
    instance.warnings.push_back(
        fmt::format("It replicates on {} channels; its position in the topology is that of channel \"{}\"",
                    instance.channels_in_use(), instance.replication()->name));
  }
}

std::vector<std::string> apply_processes(const mysql::ResultSet& rows, Timestamp now, Instance& instance) {
  std::vector<std::string> dumping_hosts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    LongQuery query;
    query.command = row.string_or("command");
    query.host = row.string_or("host");
    if (query.command.starts_with("Binlog Dump")) {
      const auto port = query.host.rfind(':');  // the last colon: IPv6 addresses contain colons
      dumping_hosts.push_back(query.host.substr(0, port));
      continue;
    }
    if (instance.long_queries.size() == max_long_queries) continue;  // the longest come first
    query.id = static_cast<std::uint64_t>(row.number_or("id"));
    query.user = row.string_or("user");
    query.db = row.string_or("db");
    query.state = row.string_or("state");
    query.info = row.string_or("info");
    query.time = running_time(row);
    query.started_at = now - query.time;
    instance.long_queries.push_back(std::move(query));
  }
  return dumping_hosts;
}

namespace {

std::optional<std::uint16_t> usable_port(std::int64_t port) {
  if (port < 1 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

// Possible keys of replicas that registered without a host name: their hosts are those of binlog dump
// threads. `ports` are the registered ports; with several hosts and several ports, the pairs are unknown.
std::vector<InstanceKey> nameless_replicas(std::vector<std::string> hosts, std::vector<std::uint16_t> ports,
                                           const InstanceKey& self) {
  const auto keep_once = [](auto& items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
  };
  keep_once(hosts);
  std::erase(hosts, "");
  keep_once(ports);
  if (ports.empty() || (ports.size() > 1 && hosts.size() > 1)) ports = {self.port()};
  std::vector<InstanceKey> keys;
  for (const auto& host : hosts) {
    for (const auto port : ports) {
      // An invalid host is the server's own name for its client ("localhost" at best), not the replica's.
      if (auto key = InstanceKey::from_reported(host, port)) keys.push_back(std::move(*key));
    }
  }
  return keys;
}

// Removes duplicates and truncates to `room`; returns how many keys were left out.
std::size_t keep_some(std::vector<InstanceKey>& keys, std::size_t room) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  const auto excess = keys.size() - std::min(keys.size(), room);
  keys.resize(keys.size() - excess);
  return excess;
}

}  // namespace

void apply_replica_hosts(const mysql::ResultSet* registered, const std::vector<std::string>& dumping_hosts,
                         const ResolveHost& resolve, Instance& instance) {
  std::size_t nameless = 0;
  std::vector<std::string> unusable;
  std::vector<std::uint16_t> nameless_ports;
  std::vector<InstanceKey> named, fetching;
  for (std::size_t i = 0; registered != nullptr && i < registered->size(); ++i) {
    const auto replica = mysql::parse_replica_host((*registered)[i]);
    const auto port = replica.port == 0 ? instance.key.port() : replica.port;
    if (replica.host.empty()) {
      ++nameless;
      if (const auto usable = usable_port(port)) nameless_ports.push_back(*usable);
    } else if (auto key = InstanceKey::from_reported(replica.host, port)) {
      named.push_back(std::move(*key));
    } else {
      unusable.push_back(fmt::format("{}:{}", replica.host, port));
    }
  }
  if (!unusable.empty()) instance.warnings.push_back(warn_of_unusable(unusable));
  if (nameless > 0) instance.warnings.push_back(warn_of_partial(nameless, registered->size()));
  if ((named.empty() && unusable.empty()) || nameless > 0)
    fetching = nameless_replicas(dumping_hosts, nameless_ports, instance.key);
  auto excess = keep_some(named, max_replicas);
  excess += keep_some(fetching, max_replicas - named.size());
  if (excess > 0) instance.warnings.push_back(warn_of_excess(excess, max_replicas, "replicas"));

  auto& hosts = instance.replica_hosts;
  for (const auto& reported : named) hosts.push_back(resolve(reported));
  for (const auto& reported : fetching) {
    auto key = resolve(reported);
    if (key != instance.key) hosts.push_back(std::move(key));
  }
  std::sort(hosts.begin(), hosts.end());
  hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
}

}  // namespace topo::inspect
