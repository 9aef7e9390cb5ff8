// database_instance_maintenance: one row per lock. maintenance_active is 1 while the lock is active and NULL
// afterwards, and unique with host and port, so that the backend itself prevents a second lock.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "store/stored_text.h"
#include "store/table_factories.h"

namespace topo::store {
namespace {

constexpr std::string_view select =
    "SELECT database_instance_maintenance_id, hostname, port, begin_timestamp,"
    " unix_timestamp(current_timestamp) - unix_timestamp(begin_timestamp),"
    " unix_timestamp(end_timestamp) - unix_timestamp(current_timestamp), maintenance_active, owner, reason,"
    " process, unix_timestamp(current_timestamp) - unix_timestamp(process_timestamp), process = begin_process"
    " FROM database_instance_maintenance WHERE ";
constexpr std::string_view is_active =
    "maintenance_active = 1 AND unix_timestamp(end_timestamp) > unix_timestamp(current_timestamp)";
constexpr std::string_view is_over =
    "maintenance_active = 1 AND unix_timestamp(end_timestamp) <= unix_timestamp(current_timestamp)";

Maintenance maintenance_from(const RowView& row, std::chrono::seconds expiry) {
  Maintenance held{row.number(0),
                   row.key(1).value_or(InstanceKey{}),
                   row.string(3),
                   std::chrono::seconds(row.number(4)),
                   std::chrono::seconds(row.number(5)),
                   row.number(6) == 1,
                   row.string(7),
                   row.string(8),
                   row.string(9)};
  held.is_of_operation = !held.process.empty() && !row.is_null(10) &&
                         is_under_way(held.process, std::chrono::seconds(row.number(10)), expiry);
  held.is_left_behind = !held.process.empty() && !held.is_of_operation && row.number(11) != 0;
  return held;
}

class MaintenanceTable : public MaintenanceStore {
 public:
  MaintenanceTable(Database& database, const Configuration& configuration)
      : database_(database), expiry_(configuration.maintenance_expire) {}

  std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests, std::string_view owner,
                                  std::chrono::seconds duration, std::string_view token) override {
    // In key order, so that two processes that lock the same instances wait for each other instead of ending
    // in a deadlock.
    std::vector<std::size_t> order(requests.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return requests[a].key < requests[b].key; });
    std::vector<std::int64_t> ids(requests.size());
    end_those_over(requests);
    database_.write([&](DatabaseSession& session) {
      for (const auto i : order) ids[i] = lock(session, requests[i], owner, duration, token);
    });
    return ids;
  }

  void withdraw(std::string_view token) override {
    delete_begun(database_, "database_instance_maintenance", token);
  }

  bool end(std::int64_t id) override {
    return end_where("maintenance_active = 1 AND database_instance_maintenance_id = ?", {id});
  }

  bool end(const InstanceKey& key) override {
    return end_where("maintenance_active = 1 AND hostname = ? AND port = ?",
                     {std::string_view(key.hostname()), std::int64_t{key.port()}});
  }

  void end_abandoned(std::span<const std::int64_t> ids) override {
    if (ids.empty()) return;
    std::vector<Maintenance> abandoned;
    database_.read([&](DatabaseSession& session) {
      abandoned.clear();
      session.query(
          fmt::format(
              "{}maintenance_active = 1 AND process <> '' AND database_instance_maintenance_id IN ({})",
              select, fmt::join(ids, ", ")),
          {}, [&](const RowView& row) {
            auto held = maintenance_from(row, expiry_);
            if (!held.is_of_operation) abandoned.push_back(std::move(held));
          });
    });
    // Unless another process has joined the lock meanwhile.
    for (const auto& held : abandoned) {
      end_where("maintenance_active = 1 AND process = ? AND database_instance_maintenance_id = ?",
                {std::string_view(held.process), held.id});
    }
  }

  std::optional<Maintenance> join(const InstanceKey& key, std::string_view process) override {
    std::optional<Maintenance> held;
    database_.write([&](DatabaseSession& session) {
      held = active_on(session, key, sql::for_update(database_.engine()));
      if (!held) return;
      if (held->is_of_operation) throw Error(Code::locked, describe(*held));
      session.execute(
          "UPDATE database_instance_maintenance SET process = ?, process_timestamp = current_timestamp"
          " WHERE database_instance_maintenance_id = ?",
          {process, held->id});
    });
    return held;
  }

  void part(const Maintenance& former) override {
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "UPDATE database_instance_maintenance SET process = ?, process_timestamp = NULL"
          " WHERE database_instance_maintenance_id = ?",
          {std::string_view(former.process), former.id});
    });
  }

  bool renew(std::span<const std::int64_t> ids, std::optional<std::chrono::seconds> duration) override {
    const auto until =
        duration ? fmt::format(", end_timestamp = from_unixtime(unix_timestamp(current_timestamp) + {})",
                               duration->count())
                 : "";
    database_.write([&](DatabaseSession& session) {
      session.execute(
          fmt::format("UPDATE database_instance_maintenance SET process_timestamp = current_timestamp{}"
                      " WHERE maintenance_active = 1 AND database_instance_maintenance_id IN ({})",
                      until, fmt::join(ids, ", ")));
    });
    return are_active(ids);
  }

  bool are_active(std::span<const std::int64_t> ids) override {
    std::int64_t count = 0;
    database_.read([&](DatabaseSession& session) {
      session.query(fmt::format("SELECT COUNT(*) FROM database_instance_maintenance WHERE {} AND"
                                " database_instance_maintenance_id IN ({})",
                                is_active, fmt::join(ids, ", ")),
                    {}, [&](const RowView& row) { count = row.number(0); });
    });
    return count == static_cast<std::int64_t>(ids.size());
  }

  bool was_locked_since(const InstanceKey& key, std::int64_t id) override {
    bool was = false;
    database_.read([&](DatabaseSession& session) {
      was = false;
      session.query(
          "SELECT 1 FROM database_instance_maintenance WHERE hostname = ? AND port = ? AND"
          " database_instance_maintenance_id > ?",
          {std::string_view(key.hostname()), std::int64_t{key.port()}, id},
          [&](const RowView&) { was = true; });
    });
    return was;
  }

  std::optional<Maintenance> of(const InstanceKey& key) override {
    std::optional<Maintenance> found;
    database_.read([&](DatabaseSession& session) { found = active_on(session, key); });
    return found;
  }

  std::vector<Maintenance> active() override {
    std::vector<Maintenance> found;
    database_.read([&](DatabaseSession& session) {
      found.clear();
      session.query(fmt::format("{}{} ORDER BY database_instance_maintenance_id", select, is_active), {},
                    [&](const RowView& row) {
                      if (row.key(1)) found.push_back(maintenance_from(row, expiry_));
                    });
    });
    return found;
  }

  std::vector<InstanceKey> expire() override {
    std::vector<InstanceKey> expired;
    database_.write([&](DatabaseSession& session) {
      expired.clear();
      session.query(
          fmt::format("{}{} ORDER BY hostname, port{}", select, is_over, sql::for_update(database_.engine())),
          {}, [&](const RowView& row) {
            if (auto key = row.key(1)) expired.push_back(std::move(*key));
          });
      for (const auto& key : expired) end_over(session, key);
    });
    return expired;
  }

  std::uint64_t purge(std::chrono::days age) override {
    std::uint64_t purged = 0;
    database_.write([&](DatabaseSession& session) {
      purged = session.execute(
          "DELETE FROM database_instance_maintenance WHERE maintenance_active IS NULL AND"
          " unix_timestamp(end_timestamp) < unix_timestamp(current_timestamp) - ?",
          {std::chrono::seconds(age).count()});
    });
    return purged;
  }

 private:
  std::optional<Maintenance> active_on(DatabaseSession& session, const InstanceKey& key,
                                       std::string_view suffix = "") const {
    std::optional<Maintenance> found;
    session.query(fmt::format("{}{} AND hostname = ? AND port = ?{}", select, is_active, suffix),
                  {std::string_view(key.hostname()), std::int64_t{key.port()}},
                  [&](const RowView& row) { found = maintenance_from(row, expiry_); });
    return found;
  }

  static void end_over(DatabaseSession& session, const InstanceKey& key) {
    session.execute(fmt::format("UPDATE database_instance_maintenance SET maintenance_active = NULL"
                                " WHERE {} AND hostname = ? AND port = ?",
                                is_over),
                    {std::string_view(key.hostname()), std::int64_t{key.port()}});
  }

  // In a separate transaction, and only if there is an expired lock: in MySQL, an UPDATE that finds no row
  // locks the gap where other processes want to insert.
  void end_those_over(std::span<const MaintenanceRequest> requests) {
    for (const auto& request : requests) {
      bool is_one_over = false;
      database_.read([&](DatabaseSession& session) {
        session.query(fmt::format("{}{} AND hostname = ? AND port = ?", select, is_over),
                      {std::string_view(request.key.hostname()), std::int64_t{request.key.port()}},
                      [&](const RowView&) { is_one_over = true; });
      });
      if (is_one_over) database_.write([&](DatabaseSession& session) { end_over(session, request.key); });
    }
  }

  bool end_where(std::string_view condition, std::initializer_list<Value> values) {
    std::uint64_t ended = 0;
    database_.write([&](DatabaseSession& session) {
      ended =
          session.execute(fmt::format("UPDATE database_instance_maintenance SET maintenance_active = NULL,"
                                      " end_timestamp = current_timestamp WHERE {}",
                                      condition),
                          values);
    });
    return ended > 0;
  }

  std::int64_t lock(DatabaseSession& session, const MaintenanceRequest& request, std::string_view owner,
                    std::chrono::seconds duration, std::string_view token) {
    const auto& key = request.key;
    const auto inserted = session.execute(
        fmt::format("{}database_instance_maintenance (hostname, port, maintenance_active, begin_timestamp,"
                    " end_timestamp, owner, reason, process, begin_process, begin_token, process_timestamp) "
                    "VALUES (?, ?, 1,"
                    " current_timestamp, from_unixtime(unix_timestamp(current_timestamp) + ?), ?, ?, ?, ?, ?,"
                    " current_timestamp)",
                    sql::insert_ignore(database_.engine())),
        {std::string_view(key.hostname()), std::int64_t{key.port()}, duration.count(), stored_text(owner),
         stored_text(request.reason, message_length), std::string_view(request.process),
         std::string_view(request.process), token});
    if (inserted > 0) {
      // A locking read: MySQL's snapshot may still have the lock that ended while this one waited for it.
      if (const auto own = active_on(session, key, sql::for_update(database_.engine()))) return own->id;
    }
    const auto held = active_on(session, key);
    throw Error(Code::locked,
                held ? describe(*held) : fmt::format("{} could not be locked; try again", key.display()));
  }

  Database& database_;
  const std::chrono::seconds expiry_;
};

}  // namespace
}  // namespace topo::store

namespace topo {

std::string describe(const Maintenance& held) {
  return fmt::format("{} is locked by {} since {}, for {} s at most{}{}{}", held.key.display(), held.owner,
                     held.begin, (held.elapsed + held.left).count(), held.reason.empty() ? "" : ": ",
                     held.reason,
                     held.process.empty() || held.is_of_operation
                         ? ""
                         : "; the process of that operation has ended; `orchestrator -c unfinished` shows "
                           "its leftovers; if there are none, end the lock with end-maintenance");
}

void note_lock(const Maintenance& held, KnownInstance& known) {
  known.locked = describe(held);
  known.is_locked_by_operation = held.is_of_operation;
}

void note_locks(std::span<const Maintenance> locks, std::vector<KnownInstance>& instances) {
  std::unordered_map<InstanceKey, const Maintenance*> by_server;
  for (const auto& held : locks) by_server.emplace(held.key, &held);
  for (auto& known : instances) {
    if (const auto held = by_server.find(known.instance.key); held != by_server.end())
      note_lock(*held->second, known);
  }
}

}  // namespace topo

namespace topo::store {

std::unique_ptr<MaintenanceStore> make_maintenance_store(Database& database,
                                                         const Configuration& configuration) {
  return std::make_unique<MaintenanceTable>(database, configuration);
}

}  // namespace topo::store
