#include "topo/mysql/semi_sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "base/ascii.h"

namespace topo::mysql {
namespace {

// The names of one thing, the newer one first: a server with both uses that.
using Names = std::array<std::string_view, 2>;
constexpr Names source_enabled{"rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled"};
constexpr Names replica_enabled{"rpl_semi_sync_replica_enabled", "rpl_semi_sync_slave_enabled"};
constexpr Names timeouts{"rpl_semi_sync_source_timeout", "rpl_semi_sync_master_timeout"};
constexpr Names wait_counts{"rpl_semi_sync_source_wait_for_replica_count",
                            "rpl_semi_sync_master_wait_for_slave_count"};
constexpr Names source_status{"rpl_semi_sync_source_status", "rpl_semi_sync_master_status"};
constexpr Names source_clients{"rpl_semi_sync_source_clients", "rpl_semi_sync_master_clients"};
constexpr Names replica_status{"rpl_semi_sync_replica_status", "rpl_semi_sync_slave_status"};
constexpr std::array<std::string_view, 3> worker_counts{"replica_parallel_workers", "slave_parallel_workers",
                                                        "slave_parallel_threads"};

struct Setting {
  std::string_view name, value;
};

std::optional<Setting> setting(const ResultSet& rows, std::span<const std::string_view> names) {
  for (const auto name : names) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = rows[i];
      if (equal_without_case(row.text(0).value_or(""), name)) return Setting{name, row.text(1).value_or("")};
    }
  }
  return std::nullopt;
}

bool is_on(const std::optional<Setting>& setting) {
  return setting && (setting->value == "ON" || setting->value == "1");
}

// Servers accept larger numbers: they mean the same as the largest one here.
std::uint32_t whole_number(const std::optional<Setting>& setting) {
  std::uint64_t number = 0;
  for (const char c : setting ? setting->value : "") {
    if (c < '0' || c > '9') return 0;
    number = std::min<std::uint64_t>(number * 10 + static_cast<unsigned>(c - '0'),
                                     std::numeric_limits<std::uint32_t>::max());
  }
  return static_cast<std::uint32_t>(number);
}

[[noreturn]] void throw_no_plugin(const InstanceKey& server, std::string_view side) {
  throw Error(Code::refused, fmt::format("{} has no semi-synchronous replication as a {}: its plugin is not "
                                         "loaded; INSTALL PLUGIN loads it",
                                         server.display(), side));
}

}  // namespace

std::string show_semi_sync_variables(const Dialect& dialect) {
  if (!dialect.has_semi_sync_built_in()) {
    return "SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'rpl_semi_sync_%' OR Variable_name IN"
           " ('replica_parallel_workers', 'slave_parallel_workers', 'slave_parallel_threads')";
  }
  // A tenth of the time of SHOW GLOBAL VARIABLES, which looks at all variables.
  const auto built_in = {source_enabled[1], replica_enabled[1], timeouts[1], worker_counts[2]};
  std::string sql;
  for (const auto name : built_in)
    sql += fmt::format("{}SELECT '{}', @@global.{}", sql.empty() ? "" : " UNION ALL ", name, name);
  return sql;
}

std::string show_semi_sync_status(const Dialect& dialect) {
  if (!dialect.has_semi_sync_built_in()) return "SHOW GLOBAL STATUS LIKE 'rpl_semi_sync_%'";
  // The server looks at its status variables only where one of the two is on.
  return fmt::format(
      "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
      " WHERE VARIABLE_NAME LIKE 'rpl_semi_sync_%' AND (@@global.{} OR @@global.{})",
      source_enabled[1], replica_enabled[1]);
}

SemiSync parse_semi_sync(const ResultSet& variables, const ResultSet& status) {
  SemiSync parsed;
  const auto source = setting(variables, source_enabled);
  const auto replica = setting(variables, replica_enabled);
  const auto count = setting(variables, wait_counts);
  parsed.has_source = source.has_value();
  parsed.has_replica = replica.has_value();
  parsed.source_enabled = is_on(source);
  parsed.replica_enabled = is_on(replica);
  parsed.timeout = std::chrono::milliseconds(whole_number(setting(variables, timeouts)));
  parsed.wait_count = count ? whole_number(count) : parsed.source_enabled ? 1U : 0U;
  parsed.source_works = is_on(setting(status, source_status));
  parsed.clients = whole_number(setting(status, source_clients));
  parsed.replica_works = is_on(setting(status, replica_status));
  return parsed;
}

std::optional<std::uint32_t> parse_parallel_workers(const ResultSet& variables) {
  const auto workers = setting(variables, worker_counts);
  return workers ? std::optional(whole_number(workers)) : std::nullopt;
}

std::string set_semi_sync(const SemiSyncChange& change, const ResultSet& variables,
                          const InstanceKey& server) {
  std::string assignments;
  const auto assign = [&](const Setting& to, std::uint64_t value) {
    assignments += fmt::format("{}GLOBAL {} = {}", assignments.empty() ? "" : ", ", to.name, value);
  };
  const auto assign_number = [&](const Names& names, std::uint64_t value) {
    if (const auto found = setting(variables, names)) assign(*found, value);
  };
  const auto assign_switch = [&](const Names& names, bool on, std::string_view side) {
    const auto found = setting(variables, names);
    if (!found && on) throw_no_plugin(server, side);
    if (found) assign(*found, on ? 1 : 0);
  };
  if (change.timeout) assign_number(timeouts, static_cast<std::uint64_t>(change.timeout->count()));
  if (change.wait_count) assign_number(wait_counts, *change.wait_count);
  if (change.source) assign_switch(source_enabled, *change.source, "source");
  if (change.replica) assign_switch(replica_enabled, *change.replica, "replica");
  return assignments.empty() ? "" : "SET " + assignments;
}

SemiSync with_change(SemiSync semi_sync, const SemiSyncChange& change) {
  semi_sync.source_enabled = change.source.value_or(semi_sync.source_enabled);
  semi_sync.replica_enabled = change.replica.value_or(semi_sync.replica_enabled);
  semi_sync.timeout = change.timeout.value_or(semi_sync.timeout);
  semi_sync.wait_count = change.wait_count.value_or(semi_sync.wait_count);
  semi_sync.source_works = semi_sync.source_works && semi_sync.source_enabled;
  semi_sync.replica_works = semi_sync.replica_works && semi_sync.replica_enabled;
  return semi_sync;
}

SemiSyncChange undo_of(const SemiSyncChange& change, const std::optional<SemiSync>& before) {
  SemiSyncChange undo;
  if (change.source) undo.source = before ? before->source_enabled : !*change.source;
  if (change.replica) undo.replica = before ? before->replica_enabled : !*change.replica;
  if (!before) return undo;
  if (change.timeout) undo.timeout = before->timeout;
  if (change.wait_count && before->wait_count > 0) undo.wait_count = before->wait_count;
  return undo;
}

}  // namespace topo::mysql
