// topology_operation: one row per operation that has not ended; topology_operation_server: one row per server
// that such an operation changes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <vector>

#include "base/process.h"
#include "store/stored_text.h"
#include "store/table_factories.h"

namespace topo::store {
namespace {

constexpr std::array<std::string_view, 21> written_columns{
    "operation_id",    "hostname",       "port",         "strand",      "master_host",  "master_port",
    "channel_name",    "uses_gtid",      "ran_io",       "ran_sql",     "heartbeat_ms", "is_changed",
    "former_log_file", "former_log_pos", "new_log_file", "new_log_pos", "connection",   "former_read_only",
    "stopped_events",  "gtid_purged",    "lifted_delay"};
constexpr std::size_t complaint_length = 1024;  // characters
constexpr std::size_t gtids_length = 200'000;
constexpr std::array<std::string_view, 3> key_columns{"operation_id", "hostname", "port"};

// "12 13 14"
std::string locks_to_text(const std::vector<std::int64_t>& locks) {
  return fmt::format("{}", fmt::join(locks, " "));
}

// Calls `take` with each non-empty value between separators; values contain no separator.
template <typename Take>
void for_each_word(std::string_view text, char separator, const Take& take) {
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::int64_t> locks_from_text(std::string_view text) {
  std::vector<std::int64_t> locks;
  for_each_word(text, ' ', [&](std::string_view word) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error == std::errc{} && end == word.data() + word.size()) locks.push_back(id);
  });
  return locks;
}

// One line per move: host:port of the replica and of the master, separated by a tab. Host names contain
// neither tabs nor newlines.
std::string moves_to_text(const std::vector<std::pair<InstanceKey, InstanceKey>>& moves) {
  std::string text;
  for (const auto& [replica, master] : moves)
    text +=
        fmt::format("{}:{}\t{}:{}\n", replica.hostname(), replica.port(), master.hostname(), master.port());
  return text;
}

std::optional<InstanceKey> key_from(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::int64_t port = 0;
  const auto digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return InstanceKey::from_reported(text.substr(0, colon), port);
}

std::vector<std::pair<InstanceKey, InstanceKey>> moves_from_text(std::string_view text) {
  std::vector<std::pair<InstanceKey, InstanceKey>> moves;
  for_each_word(text, '\n', [&](std::string_view line) {
    const auto tab = std::min(line.find('\t'), line.size());
    const auto replica = key_from(line.substr(0, tab));
    const auto master = key_from(line.substr(std::min(tab + 1, line.size())));
    if (replica && master) moves.emplace_back(*replica, *master);
  });
  return moves;
}

std::optional<OperationServer> server_from(const RowView& row) {
  auto key = row.key(1);
  if (!key) return std::nullopt;
  OperationServer server;
  server.key = std::move(*key);
  if (row.number(3) >= 0) server.steps = static_cast<std::size_t>(row.number(3));
  server.master = row.key(4);
  server.channel = row.string(6);
  server.by_gtid = row.number(7) != 0;
  server.ran_io = row.number(8) != 0;
  server.ran_sql = row.number(9) != 0;
  if (!row.is_null(10)) server.heartbeat = std::chrono::milliseconds(row.number(10));
  server.changed = row.number(11) != 0;
  server.former_coordinates = row.coordinates(12);
  server.new_coordinates = row.coordinates(14);
  server.connection = row.string(16);
  if (!row.is_null(17)) server.former_read_only = row.number(17) != 0;
  server.stopped_events = row.number(18) != 0;
  server.gtids = row.string(19);
  server.lifted_delay = std::chrono::seconds(row.number(20));
  return server;
}

class OperationTable : public OperationStore {
 public:
  OperationTable(Database& database, const Configuration& configuration)
      : database_(database),
        expiry_(configuration.maintenance_expire),
        upsert_(fmt::format("INSERT INTO topology_operation_server ({}) VALUES {}{}",
                            fmt::join(written_columns, ", "), sql::tuple(written_columns.size()),
                            sql::upsert_suffix(database.engine(), key_columns, written_columns))) {}

  std::int64_t begin(const UnendedOperation& operation, std::string_view token) override {
    std::int64_t id = 0;
    const auto target = operation.target.value_or(InstanceKey{});
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "INSERT INTO topology_operation (operation, hostname, port, target_hostname, target_port, pattern,"
          " promotes, owner, process, begin_timestamp, process_timestamp, locks, moves, begin_token)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, current_timestamp, current_timestamp, ?, ?, ?)",
          {stored_text(operation.operation), std::string_view(operation.subject.hostname()),
           std::int64_t{operation.subject.port()}, std::string_view(target.hostname()),
           std::int64_t{target.port()}, std::string_view(operation.pattern), std::int64_t{operation.promotes},
           stored_text(operation.owner), std::string_view(operation.process), locks_to_text(operation.locks),
           moves_to_text(operation.moves), token});
      session.query(fmt::format("SELECT {}", sql::last_insert_id(database_.engine())), {},
                    [&](const RowView& row) { id = row.number(0); });
    });
    return id;
  }

  void withdraw(std::string_view token) override { delete_begun(database_, "topology_operation", token); }

  void decide(std::int64_t id, const std::vector<std::pair<InstanceKey, InstanceKey>>& moves) override {
    database_.write([&](DatabaseSession& session) {
      session.execute("UPDATE topology_operation SET moves = ? WHERE operation_id = ?",
                      {moves_to_text(moves), id});
    });
  }

  void note(std::int64_t id, const OperationServer& server) override {
    const auto master = server.master.value_or(InstanceKey{});
    const std::int64_t steps = server.steps ? static_cast<std::int64_t>(*server.steps) : -1;
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "DELETE FROM topology_operation_server WHERE hostname = ? AND port = ? AND operation_id < ?",
          {std::string_view(server.key.hostname()), std::int64_t{server.key.port()}, id});
      session.execute(
          upsert_, {id,
                    std::string_view(server.key.hostname()),
                    std::int64_t{server.key.port()},
                    steps,
                    std::string_view(master.hostname()),
                    std::int64_t{master.port()},
                    std::string_view(server.channel),
                    std::int64_t{server.by_gtid},
                    std::int64_t{server.ran_io},
                    std::int64_t{server.ran_sql},
                    server.heartbeat ? Value(std::int64_t{server.heartbeat->count()}) : Value(nullptr),
                    std::int64_t{server.changed},
                    std::string_view(server.former_coordinates.file),
                    stored_number(server.former_coordinates.position),
                    std::string_view(server.new_coordinates.file),
                    stored_number(server.new_coordinates.position),
                    std::string_view(server.connection),
                    server.former_read_only ? Value(std::int64_t{*server.former_read_only}) : Value(nullptr),
                    std::int64_t{server.stopped_events},
                    stored_text(server.gtids, gtids_length),
                    std::int64_t{server.lifted_delay.count()}});
    });
  }

  void end(std::int64_t id) override {
    database_.write([&](DatabaseSession& session) {
      session.execute("DELETE FROM topology_operation_server WHERE operation_id = ?", {id});
      session.execute("DELETE FROM topology_operation WHERE operation_id = ?", {id});
    });
  }

  void leave(std::int64_t id, std::span<const Leftover> left) override {
    database_.write([&](DatabaseSession& session) {
      session.execute("UPDATE topology_operation SET process = '' WHERE operation_id = ?", {id});
      session.execute("UPDATE topology_operation_server SET complaint = '' WHERE operation_id = ?", {id});
      for (const auto& [key, sentence] : left) {
        session.execute(
            "UPDATE topology_operation_server SET complaint = ? WHERE operation_id = ? AND hostname = ? AND"
            " port = ?",
            {stored_text(sentence, complaint_length), id, std::string_view(key.hostname()),
             std::int64_t{key.port()}});
      }
    });
  }

  void supersede(std::span<const InstanceKey> servers) override {
    database_.write([&](DatabaseSession& session) {
      for (const auto& key : servers) {
        session.execute("DELETE FROM topology_operation_server WHERE hostname = ? AND port = ?",
                        {std::string_view(key.hostname()), std::int64_t{key.port()}});
      }
    });
  }

  std::vector<UnendedOperation> unended() override {
    std::vector<UnendedOperation> found;
    database_.read([&](DatabaseSession& session) {
      found.clear();
      session.query(
          "SELECT operation_id, operation, hostname, port, owner, process, begin_timestamp,"
          " unix_timestamp(current_timestamp) - unix_timestamp(begin_timestamp), locks, moves,"
          " unix_timestamp(current_timestamp) - unix_timestamp(process_timestamp), target_hostname, "
          "target_port,"
          " pattern, promotes FROM topology_operation ORDER BY operation_id",
          {}, [&](const RowView& row) {
            auto subject = row.key(2);
            if (!subject) return;  // InstanceStore::unusable() reports such rows
            UnendedOperation one;
            one.id = row.number(0);
            one.operation = row.string(1);
            one.subject = std::move(*subject);
            one.owner = row.string(4);
            one.process = row.string(5);
            one.begin = row.string(6);
            one.elapsed = std::chrono::seconds(row.number(7));
            one.is_under_way =
                !row.is_null(10) && is_under_way(one.process, std::chrono::seconds(row.number(10)), expiry_);
            one.locks = locks_from_text(row.text(8));
            one.moves = moves_from_text(row.text(9));
            one.target = row.key(11);
            one.pattern = row.string(13);
            one.promotes = row.number(14) != 0;
            found.push_back(std::move(one));
          });
      if (found.empty()) return;
      session.query(fmt::format("SELECT {} FROM topology_operation_server ORDER BY operation_id, hostname,"
                                " port",
                                fmt::join(written_columns, ", ")),
                    {}, [&](const RowView& row) {
                      auto server = server_from(row);
                      if (!server) return;
                      const auto id = row.number(0);
                      const auto of = std::lower_bound(
                          found.begin(), found.end(), id,
                          [](const UnendedOperation& one, std::int64_t wanted) { return one.id < wanted; });
                      if (of != found.end() && of->id == id) of->servers.push_back(std::move(*server));
                    });
    });
    return found;
  }

  void renew(std::int64_t id) override {
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "UPDATE topology_operation SET process_timestamp = current_timestamp WHERE operation_id = ?", {id});
    });
  }

  bool transfer(std::int64_t id, std::string_view from, std::string_view to) override {
    std::uint64_t passed = 0;
    database_.write([&](DatabaseSession& session) {
      passed = session.execute(
          "UPDATE topology_operation SET process = ?, process_timestamp = current_timestamp"
          " WHERE operation_id = ? AND process = ?",
          {to, id, from});
    });
    return passed > 0;
  }

 private:
  Database& database_;
  const std::chrono::seconds expiry_;
  const std::string upsert_;
};

}  // namespace

bool is_under_way(std::string_view process, std::chrono::seconds elapsed, std::chrono::seconds expiry) {
  // A begin in the future counts within `expiry`: the backend's clock may have been set back.
  return liveness_of(process) != Liveness::ended && elapsed < expiry && elapsed > -expiry;
}

void delete_begun(Database& database, std::string_view table, std::string_view token) {
  if (token.empty()) return;
  database.write([&](DatabaseSession& session) {
    session.execute(fmt::format("DELETE FROM {} WHERE begin_token = ?", table), {token});
  });
}

std::unique_ptr<OperationStore> make_operation_store(Database& database, const Configuration& configuration) {
  return std::make_unique<OperationTable>(database, configuration);
}

}  // namespace topo::store

namespace topo {

bool end_what_came_to_nothing(Store& store) {
  bool had_some = false;
  // Read before the operations: a process that has ended by now has recorded all that it ever will.
  std::set<std::int64_t> unrecorded;
  for (const auto& held : store.maintenance().active())
    if (held.is_left_behind) unrecorded.insert(held.id);
  for (const auto& operation : store.operations().unended()) {
    for (const auto lock : operation.locks) unrecorded.erase(lock);
    if (!operation.has_come_to_nothing()) continue;
    store.maintenance().end_abandoned(operation.locks);
    store.operations().end(operation.id);
    had_some = true;
  }
  store.maintenance().end_abandoned(std::vector(unrecorded.begin(), unrecorded.end()));
  return had_some || !unrecorded.empty();
}

}  // namespace topo
