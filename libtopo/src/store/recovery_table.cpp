// topology_recovery: one row per recovery. At most one row of an instance has in_active_period 1; it keeps
// other processes from recovering the same instance. Rows whose period has ended differ in its end time.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "store/stored_text.h"
#include "store/table_factories.h"

namespace topo::store {
namespace {

std::string names_of(std::span<const InstanceKey> keys) {
  std::string names;
  for (const auto& key : keys) names.append(names.empty() ? "" : ",").append(key.display());
  return names;
}

struct Active {
  std::int64_t id = 0;
  bool has_ended = false;
  std::string process, hostname, begin;
  std::chrono::seconds elapsed{0};
};

class RecoveryTable : public RecoveryStore {
 public:
  explicit RecoveryTable(Database& database) : database_(database) {}

  std::int64_t begin(const NewRecovery& recovery, std::chrono::minutes max_time,
                     std::string_view token) override {
    std::int64_t id = 0;
    database_.write([&](DatabaseSession& session) {
      if (const auto active = active_of(session, recovery.failed)) {
        if (!active->has_ended && is_under_way(active->process, active->elapsed, max_time)) {
          throw Error(Code::locked, fmt::format("{} is being recovered already, by {} since {}",
                                                recovery.failed.display(), active->hostname, active->begin));
        }
        end_period(session, active->id, recovery.failed.hostname(), recovery.failed.port());
      }
      insert(session, recovery, token);
      session.query(fmt::format("SELECT {}", sql::last_insert_id(database_.engine())), {},
                    [&](const RowView& row) { id = row.number(0); });
    });
    return id;
  }

  void withdraw(std::string_view token) override { delete_begun(database_, "topology_recovery", token); }

  void end(std::int64_t id, const EndedRecovery& ended) override {
    const auto lost = names_of(ended.lost_replicas);
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "UPDATE topology_recovery SET end_recovery = current_timestamp, is_successful = ?,"
          " successor_hostname = ?, successor_port = ?, lost_slaves = ?, all_errors = ?"
          " WHERE recovery_id = ?",
          {std::int64_t{ended.is_successful},
           ended.successor.has_value() ? stored_text(ended.successor->hostname()) : Value(nullptr),
           ended.successor.has_value() ? Value(std::int64_t{ended.successor->port()}) : Value(nullptr),
           stored_text(lost, message_length), stored_text(ended.errors, message_length), id});
    });
  }

  std::optional<PastRecovery> last(const InstanceKey& failed, std::chrono::seconds period) override {
    std::optional<PastRecovery> found;
    database_.read([&](DatabaseSession& session) {
      found.reset();
      session.query(
          "SELECT start_active_period, successor_hostname, successor_port FROM topology_recovery"
          " WHERE hostname = ? AND port = ? AND end_recovery IS NOT NULL"
          " AND unix_timestamp(start_active_period) >= unix_timestamp(current_timestamp) - ?"
          " ORDER BY recovery_id",
          {std::string_view(failed.hostname()), std::int64_t{failed.port()}, period.count()},
          [&](const RowView& row) {
            if (auto successor = row.key(1)) found = {row.string(0), std::move(*successor)};
          });
    });
    return found;
  }

  std::uint64_t expire(std::chrono::minutes age) override {
    std::uint64_t expired = 0;
    database_.write([&](DatabaseSession& session) {
      struct Old {
        std::int64_t id;
        std::string hostname;
        std::int64_t port;
      };
      std::vector<Old> old;
      session.query(
          "SELECT recovery_id, hostname, port FROM topology_recovery WHERE in_active_period = 1 AND"
          " unix_timestamp(start_active_period) < unix_timestamp(current_timestamp) - ?",
          {std::chrono::seconds(age).count()}, [&](const RowView& row) {
            old.push_back({row.number(0), row.string(1), row.number(2)});
          });
      for (const auto& one : old) end_period(session, one.id, one.hostname, one.port);
      expired = old.size();
    });
    return expired;
  }

 private:
  std::optional<Active> active_of(DatabaseSession& session, const InstanceKey& key) {
    std::optional<Active> active;
    session.query(
        fmt::format("SELECT recovery_id, end_recovery IS NOT NULL, process,"
                    " processing_node_hostname, start_active_period,"
                    " unix_timestamp(current_timestamp) - unix_timestamp(start_active_period)"
                    " FROM topology_recovery WHERE hostname = ? AND port = ? AND in_active_period = 1{}",
                    sql::for_update(database_.engine())),
        {std::string_view(key.hostname()), std::int64_t{key.port()}}, [&](const RowView& row) {
          active = {row.number(0), row.number(1) != 0, row.string(2),
                    row.string(3), row.string(4),      std::chrono::seconds(row.number(5))};
        });
    return active;
  }

  // Two periods of one instance must not end in the same second.
  static void end_period(DatabaseSession& session, std::int64_t id, std::string_view hostname,
                         std::int64_t port) {
    std::int64_t end = 0;
    session.query(
        "SELECT unix_timestamp(current_timestamp), MAX(end_active_period_unixtime) FROM topology_recovery"
        " WHERE hostname = ? AND port = ? AND in_active_period = 0",
        {hostname, port}, [&](const RowView& row) { end = std::max(row.number(0), row.number(1) + 1); });
    session.execute(
        "UPDATE topology_recovery SET in_active_period = 0, end_active_period_unixtime = ?"
        " WHERE recovery_id = ?",
        {end, id});
  }

  static void insert(DatabaseSession& session, const NewRecovery& recovery, std::string_view token) {
    const auto replicas = names_of(recovery.replicas);
    session.execute(
        "INSERT INTO topology_recovery (hostname, port, in_active_period, start_active_period,"
        " end_active_period_unixtime, processing_node_hostname, processcing_node_token, process, analysis,"
        " cluster_name, cluster_alias, count_affected_slaves, slave_hosts, lost_slaves, all_errors,"
        " begin_token)"
        " VALUES (?, ?, 1, current_timestamp, 0, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?)",
        {stored_text(recovery.failed.hostname()), std::int64_t{recovery.failed.port()},
         stored_text(recovery.node_hostname), stored_text(recovery.node_token),
         std::string_view(recovery.process), stored_text(recovery.analysis),
         stored_text(recovery.cluster_name), stored_text(recovery.cluster_alias),
         static_cast<std::int64_t>(recovery.replicas.size()), stored_text(replicas, message_length), token});
  }

  Database& database_;
};

}  // namespace

std::unique_ptr<RecoveryStore> make_recovery_store(Database& database) {
  return std::make_unique<RecoveryTable>(database);
}

}  // namespace topo::store
