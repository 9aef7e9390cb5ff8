// database_instance and its dependent tables: reading.
#include "store/instance_table.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/pattern_problem.h"
#include "base/shown_text.h"
#include "store/instance_columns.h"
#include "store/instance_writes.h"
#include "store/known_instances.h"
#include "store/stored_text.h"
#include "store/table_factories.h"
#include "store/unusable_rows.h"

namespace topo::store {
namespace {

std::string_view view(const InstanceKey& key) {
  return key.hostname();
}

std::optional<std::int64_t> as_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class InstanceTable : public InstanceStore {
 public:
  InstanceTable(Database& database, const Configuration& configuration)
      : database_(database),
        expiry_(configuration.maintenance_expire),
        rule_expiry_(configuration.candidate_instance_expire),
        select_(select_known_instances()) {}

  std::optional<KnownInstance> read(const InstanceKey& key) override {
    auto found = read_where("hostname = ? AND port = ?", {view(key), std::int64_t{key.port()}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
  }
  std::vector<KnownInstance> read_all() override { return read_where("1 = 1", {}); }
  std::vector<KnownInstance> read_cluster(std::string_view cluster_name) override {
    return read_where("cluster_name = ?", {cluster_name});
  }
  std::vector<KnownInstance> read_replicas(const InstanceKey& master) override {
    auto found =
        read_where("master_host = ? AND master_port = ?", {view(master), std::int64_t{master.port()}});
    // Rows of other programs also name a master left by RESET SLAVE.
    std::erase_if(found, [&](const auto& known) { return known.instance.master_key() != master; });
    return found;
  }
  std::vector<KnownInstance> read_side_replicas(const InstanceKey& master) override {
    auto found = read_where("replication_channels <> ''", {});
    std::erase_if(found, [&](const auto& known) { return !known.instance.is_side_replica_of(master); });
    return found;
  }

  void register_candidate(const InstanceKey& key, PromotionRule rule) override {
    static constexpr std::array<std::string_view, 2> names{"hostname", "port"};
    static constexpr std::array<std::string_view, 2> changed{"promotion_rule", "last_suggested"};
    database_.write([&](DatabaseSession& session) {
      if (rule == PromotionRule::neutral) {
        session.execute("DELETE FROM candidate_database_instance WHERE hostname = ? AND port = ?",
                        {view(key), std::int64_t{key.port()}});
        return;
      }
      session.execute(
          "INSERT INTO candidate_database_instance (hostname, port, promotion_rule, last_suggested)"
          " VALUES (?, ?, ?, current_timestamp)" +
              sql::upsert_suffix(database_.engine(), names, changed),
          {view(key), std::int64_t{key.port()}, to_string(rule)});
    });
  }

  std::vector<KnownInstance> search(std::string_view text) override {
    if (text.empty()) return read_all();
    constexpr std::size_t most = name_length + std::string_view(":65535").size();
    if (text.size() > most * 4 || text.find('\0') != std::string_view::npos ||
        find_invalid_utf8(text) != std::string_view::npos)
      return {};  // matches nothing stored, and not every engine accepts it
    const auto engine = database_.engine();
    const auto pattern = sql::contains_pattern(text);
    const auto number = as_number(text).value_or(-1);
    const auto condition =
        fmt::format("{} OR {} OR {} OR {} OR server_id = ? OR port = ?", sql::is_like(engine, "hostname"),
                    sql::is_like(engine, "cluster_name"), sql::is_like(engine, "version"),
                    sql::is_like(engine, sql::host_port(engine)));
    return read_where(condition, {pattern, pattern, pattern, pattern, number, number});
  }

  std::vector<KnownInstance> find(std::string_view pattern) override {
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    const RE2 matcher(re2::StringPiece(pattern.data(), pattern.size()), options);
    if (!matcher.ok()) {
      throw Error(
          Code::invalid_argument,
          fmt::format("Cannot use \"{}\" as a pattern: {}; expected a regular expression in RE2 syntax",
                      shown_text(pattern), pattern_problem(matcher)));
    }
    auto all = read_all();
    std::erase_if(
        all, [&](const auto& known) { return !RE2::PartialMatch(known.instance.key.hostname(), matcher); });
    return all;
  }

  std::vector<KnownInstance> read_suspects(std::chrono::seconds poll_interval,
                                           std::chrono::seconds lag) override {
    return read_where(
        "last_seen IS NULL OR last_seen < last_checked OR COALESCE(last_check_error, '') <> ''"
        " OR unix_timestamp(last_checked) < unix_timestamp(current_timestamp) - ?"
        " OR op_id IS NOT NULL OR fm_successor IS NOT NULL OR co_hostname IS NOT NULL OR slave_sql_running = "
        "0 OR slave_io_running = 0"
        " OR seconds_behind_master > ? OR slave_lag_seconds > ? OR COALESCE(gtid_errant, '') <> ''",
        {poll_interval.count(), lag.count(), lag.count()});
  }

  std::vector<InstanceLink> read_links() override {
    static const auto sql = fmt::format(
        "SELECT hostname, port, master_host, master_port, cluster_name, replication_depth, is_co_master,"
        " server_uuid, server_id, reported_hostname, reported_port, {},"
        " slave_io_running, read_only, log_bin, suggested_cluster_alias, master_uuid,"
        " most_received_log_file, most_received_log_pos FROM database_instance"
        " ORDER BY hostname, port",
        is_valid);
    std::vector<InstanceLink> links;
    database_.read([&](DatabaseSession& session) {
      links.clear();
      session.query(sql, {}, [&](const RowView& row) {
        if (auto link = link_from(row)) links.push_back(std::move(*link));
      });
    });
    return links;
  }

  std::vector<StoredGtids> read_gtids() override {
    std::vector<StoredGtids> all;
    database_.read([&](DatabaseSession& session) {
      all.clear();
      session.query(
          "SELECT hostname, port, master_host, master_port, version, gtid_mode, server_uuid, server_id,"
          " log_bin, log_slave_updates, has_binlog_filters, has_replication_filters, binlog_server,"
          " executed_gtid_set, gtid_binlog_state, gtid_errant,"
          " unix_timestamp(current_timestamp) - unix_timestamp(last_seen) FROM database_instance"
          " WHERE executed_gtid_set <> '' OR gtid_binlog_state <> ''",
          {}, [&](const RowView& row) {
            if (auto one = gtids_from(row)) all.push_back(std::move(*one));
          });
    });
    return all;
  }

  std::vector<InstanceKey> write(std::span<const InstanceWrite> writes) override {
    return write_instances(database_, notes_, writes);
  }

  bool forget(const InstanceKey& key) override {
    bool known = false;
    database_.write([&](DatabaseSession& session) { known = forget(session, key.hostname(), key.port()); });
    return known;
  }

  std::vector<UnusableRow> unusable() override {
    std::vector<UnusableRow> rows;
    database_.read([&](DatabaseSession& session) { rows = find_unusable(session, database_.engine()); });
    return rows;
  }

  std::vector<UnusableRow> forget_unusable() override {
    std::vector<UnusableRow> rows;
    database_.write([&](DatabaseSession& session) { rows = delete_unusable(session, database_.engine()); });
    return rows;
  }

  std::vector<InstanceKey> forget_unseen(std::chrono::hours age) override {
    std::vector<InstanceKey> keys;
    database_.write([&](DatabaseSession& session) {
      keys.clear();
      session.query(fmt::format("SELECT hostname, port FROM database_instance WHERE unix_timestamp(last_seen)"
                                " < unix_timestamp(current_timestamp) - ? ORDER BY hostname, port{}",
                                sql::for_update(database_.engine())),
                    {std::chrono::seconds(age).count()}, [&](const RowView& row) {
                      if (auto key = row.key(0)) keys.push_back(std::move(*key));
                    });
      for (const auto& key : keys) forget(session, key.hostname(), key.port());
    });
    return keys;
  }

  ClaimedAlias claim_alias(const InstanceKey& alias, const InstanceKey& instance) override {
    ClaimedAlias claimed{instance, false};
    if (!fits_name(alias.hostname()) || !fits_name(instance.hostname())) return claimed;
    database_.write([&](DatabaseSession& session) {
      const auto other = known_as(session, instance);
      claimed = {other.value_or(instance), false};
      if (other == alias) return;
      const bool is_new = known_as(session, alias) != claimed.known_as;
      transfer_names(session, alias, claimed.known_as);
      const bool had_row = forget(session, alias.hostname(), alias.port());
      write_alias(session, alias, claimed.known_as);
      claimed.is_changed = is_new || had_row;
    });
    return claimed;
  }

  bool forget_alias(const InstanceKey& alias) override {
    bool known = false;
    database_.write([&](DatabaseSession& session) {
      known = session.execute("DELETE FROM database_instance_alias WHERE hostname = ? AND port = ?",
                              {view(alias), std::int64_t{alias.port()}}) > 0;
    });
    return known;
  }

  std::vector<std::pair<InstanceKey, InstanceKey>> read_aliases() override {
    std::vector<std::pair<InstanceKey, InstanceKey>> aliases;
    database_.read([&](DatabaseSession& session) {
      aliases.clear();
      session.query("SELECT hostname, port, instance_hostname, instance_port FROM database_instance_alias",
                    {}, [&](const RowView& row) {
                      auto alias = row.key(0);
                      auto instance = row.key(2);
                      if (alias && instance) aliases.emplace_back(std::move(*alias), std::move(*instance));
                    });
    });
    return aliases;
  }

  void expire_aliases(std::chrono::minutes age) override {
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "DELETE FROM database_instance_alias WHERE unix_timestamp(last_seen) < "
          "unix_timestamp(current_timestamp) - ?",
          {std::chrono::seconds(age).count()});
    });
  }

  std::vector<StoredLongQuery> long_queries(std::string_view text) override {
    std::string sql =
        "SELECT hostname, port, process_id, process_user, process_host, process_db, process_command,"
        " process_time_seconds, process_state, process_info, process_started_at"
        " FROM database_instance_long_running_queries";
    Values values;
    if (!text.empty()) {
      for (const auto* column : {"hostname", "process_user", "process_host", "process_db", "process_command",
                                 "process_state", "process_info"}) {
        sql += fmt::format("{}{}", values.empty() ? " WHERE " : " OR ",
                           sql::is_like(database_.engine(), column));
        values.emplace_back(sql::contains_pattern(text));
      }
    }
    sql += " ORDER BY process_time_seconds DESC, hostname, port, process_id";
    std::vector<StoredLongQuery> found;
    database_.read([&](DatabaseSession& session) {
      found.clear();
      session.query(sql, std::span<const Value>(values), [&](const RowView& row) {
        auto instance = row.key(0);
        if (!instance) return;
        StoredLongQuery one;
        one.instance = std::move(*instance);
        one.query.id = static_cast<std::uint64_t>(row.number(2));
        one.query.user = row.string(3);
        one.query.host = row.string(4);
        one.query.db = row.string(5);
        one.query.command = row.string(6);
        one.query.time = std::chrono::seconds(row.number(7));
        one.query.state = row.string(8);
        one.query.info = row.string(9);
        one.started_at = row.string(10);
        found.push_back(std::move(one));
      });
    });
    return found;
  }

 private:
  // The instance that `alias` is an alias of.
  std::optional<InstanceKey> known_as(DatabaseSession& session, const InstanceKey& alias) const {
    std::optional<InstanceKey> key;
    session.query(fmt::format("SELECT instance_hostname, instance_port FROM database_instance_alias"
                              " WHERE hostname = ? AND port = ?{}",
                              sql::for_update(database_.engine())),
                  {view(alias), std::int64_t{alias.port()}}, [&](const RowView& row) { key = row.key(0); });
    return key;
  }

  static void transfer_names(DatabaseSession& session, const InstanceKey& from, const InstanceKey& to) {
    session.execute(
        "UPDATE database_instance_alias SET instance_hostname = ?, instance_port = ?"
        " WHERE instance_hostname = ? AND instance_port = ?",
        {view(to), std::int64_t{to.port()}, view(from), std::int64_t{from.port()}});
    session.execute(
        "UPDATE former_master SET successor_hostname = ?, successor_port = ?"
        " WHERE successor_hostname = ? AND successor_port = ?",
        {view(to), std::int64_t{to.port()}, view(from), std::int64_t{from.port()}});
    bool is_former = false;  // under both names: one record is enough
    session.query("SELECT 1 FROM former_master WHERE hostname = ? AND port = ?",
                  {view(to), std::int64_t{to.port()}}, [&](const RowView&) { is_former = true; });
    if (is_former) return;
    session.execute("UPDATE former_master SET hostname = ?, port = ? WHERE hostname = ? AND port = ?",
                    {view(to), std::int64_t{to.port()}, view(from), std::int64_t{from.port()}});
  }

  void write_alias(DatabaseSession& session, const InstanceKey& alias, const InstanceKey& instance) const {
    static constexpr std::array<std::string_view, 2> key{"hostname", "port"};
    static constexpr std::array<std::string_view, 3> changed{"instance_hostname", "instance_port",
                                                             "last_seen"};
    session.execute(
        "INSERT INTO database_instance_alias (hostname, port, instance_hostname, instance_port, last_seen)"
        " VALUES (?, ?, ?, ?, current_timestamp)" +
            sql::upsert_suffix(database_.engine(), key, changed),
        {view(alias), std::int64_t{alias.port()}, view(instance), std::int64_t{instance.port()}});
  }

  static bool forget(DatabaseSession& session, std::string_view hostname, std::int64_t port) {
    const std::array<Value, 2> values{hostname, port};
    session.execute("DELETE FROM database_instance_long_running_queries WHERE hostname = ? AND port = ?",
                    values);
    session.execute("DELETE FROM database_instance_coordinates_history WHERE hostname = ? AND port = ?",
                    values);
    session.execute("DELETE FROM database_instance_alias WHERE instance_hostname = ? AND instance_port = ?",
                    values);
    session.execute("DELETE FROM former_master WHERE hostname = ? AND port = ?", values);
    return session.execute("DELETE FROM database_instance WHERE hostname = ? AND port = ?", values) > 0;
  }

  static std::optional<InstanceLink> link_from(const RowView& row) {
    auto key = row.key(0);
    if (!key) return std::nullopt;
    InstanceLink link;
    link.key = std::move(*key);
    link.master = row.key(2);
    link.cluster_name = row.string(4);
    link.replication_depth = static_cast<unsigned>(row.number(5));
    link.is_co_master = row.number(6) != 0;
    link.server_uuid = row.string(7);
    link.server_id = static_cast<std::uint32_t>(row.number(8));
    link.reported_hostname = row.string(9);
    link.reported_port = static_cast<std::uint16_t>(row.number(10));
    link.last_check_valid = row.number(11) != 0;
    link.replica_io_running = row.number(12) != 0;
    link.read_only = row.number(13) != 0;
    link.log_bin = row.number(14) != 0;
    link.suggested_cluster_alias = row.string(15);
    link.master_uuid = row.string(16);
    link.received_most = {row.string(17), static_cast<std::uint64_t>(row.number(18)), LogType::binary};
    return link;
  }

  static std::optional<StoredGtids> gtids_from(const RowView& row) {
    auto key = row.key(0);
    if (!key) return std::nullopt;
    Instance instance;
    instance.version = row.string(4);
    instance.gtid_mode = row.string(5);
    instance.server_uuid = row.string(6);
    instance.server_id = static_cast<std::uint32_t>(row.number(7));
    instance.log_bin = row.number(8) != 0;
    instance.log_slave_updates = row.number(9) != 0;
    instance.has_binlog_filters = row.number(10) != 0 || row.number(11) != 0;
    instance.is_binlog_server = row.number(12) != 0;
    instance.executed_gtid_set = row.string(13);
    instance.logged_gtids = row.string(14);
    StoredGtids stored{std::move(*key), gtid_state_of(instance), row.string(15),
                       std::chrono::seconds(std::max<std::int64_t>(0, row.number(16)))};
    stored.state.master = row.key(2);
    return stored;
  }

  std::vector<KnownInstance> read_where(std::string_view condition, const Values& values) {
    std::vector<KnownInstance> found;
    const auto sql = fmt::format("{} WHERE {} ORDER BY hostname, port, op_id", select_, condition);
    database_.read([&](DatabaseSession& session) {
      found.clear();
      session.query(sql, std::span<const Value>(values), [&](const RowView& row) {
        auto known = known_from(row, expiry_, rule_expiry_);
        if (!known) return;  // unusable() reports such rows
        // If two operations recorded the server at the same time, the later one is used.
        if (!found.empty() && found.back().instance.key == known->instance.key) found.pop_back();
        found.push_back(std::move(*known));
      });
    });
    return found;
  }

  Database& database_;
  PositionHistory notes_;
  const std::chrono::seconds expiry_, rule_expiry_;
  const std::string select_;
};

}  // namespace

std::unique_ptr<InstanceStore> make_instance_store(Database& database, const Configuration& configuration) {
  return std::make_unique<InstanceTable>(database, configuration);
}

}  // namespace topo::store
