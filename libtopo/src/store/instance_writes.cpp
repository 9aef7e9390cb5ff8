#include "store/instance_writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "store/for_keys.h"
#include "store/instance_columns.h"
#include "store/stored_text.h"
#include "store/time_text.h"

namespace topo::store {
namespace {

// Of a row, besides the facts: the failure of the last check and its kind, and three times.
constexpr std::size_t check_columns = 5;

// The combined writes of a group about one instance. Of several of a kind the last is used, and a whole row
// supersedes the writes before it.
struct Outcome {
  bool unseen_before = false, unseen_after = false;  // the whole row, if there is one
  const Instance* seen = nullptr;
  bool is_new = false;
  const FailedInstance* failed = nullptr;
  const ClusterAssignment* assigned = nullptr;
};
// Ordered, so that two processes lock rows in the same order.
using Group = std::map<InstanceKey, Outcome>;

void add(Group& group, const SeenInstance& seen) {
  auto& outcome = group[seen.instance.key];
  outcome.seen = &seen.instance;
  outcome.is_new = outcome.is_new || seen.is_new;
  outcome.failed = nullptr;
  outcome.assigned = nullptr;
}
void add(Group& group, const FailedInstance& failed) {
  group[failed.key].failed = &failed;
}
void add(Group& group, const UnseenMaster& unseen) {
  auto& outcome = group[unseen.key];
  (outcome.seen != nullptr ? outcome.unseen_after : outcome.unseen_before) = true;
}
void add(Group& group, const ClusterAssignment& assigned) {
  group[assigned.key].assigned = &assigned;
}

Group gathered(std::span<const InstanceWrite> writes) {
  Group group;
  for (const auto& write : writes) std::visit([&](const auto& one) { add(group, one); }, write);
  return group;
}

std::int64_t port_value(const InstanceKey& key) {
  return key.port();
}

class GroupWriter {
 public:
  GroupWriter(DatabaseSession& session, Engine engine, Group group)
      : session_(session), engine_(engine), group_(std::move(group)) {
    session.query("SELECT current_timestamp", {}, [&](const RowView& row) { now_ = row.string(0); });
  }

  std::vector<InstanceKey> write() {
    auto vanished = take_nameless();
    take_aliases(vanished);
    write_unseen(&Outcome::unseen_before);
    take_vanished(vanished);
    write_seen();
    write_unseen(&Outcome::unseen_after);
    for (const auto& [key, outcome] : group_) {
      if (outcome.failed != nullptr) write_failed(*outcome.failed);
      if (outcome.assigned != nullptr) write_assigned(*outcome.assigned);
    }
    return vanished;
  }

  PositionHistory::Draft note_coordinates(PositionHistory& notes) {
    std::vector<PositionHistory::Read> read;
    for (const auto& [key, outcome] : group_) {
      if (outcome.seen != nullptr) read.push_back({outcome.seen, outcome.is_new});
    }
    return notes.write(session_, engine_, now_, read);
  }

 private:
  // No table accepts names of this length; cut, they would name other instances.
  std::vector<InstanceKey> take_nameless() {
    std::vector<InstanceKey> nameless;
    for (const auto& [key, outcome] : group_) {
      if (!fits_name(key.hostname())) nameless.push_back(key);
    }
    for (const auto& key : nameless) group_.erase(key);
    return nameless;
  }

  // Another process may have proven meanwhile that a new instance is known by another name.
  void take_aliases(std::vector<InstanceKey>& vanished) {
    std::vector<InstanceKey> added;
    for (const auto& [key, outcome] : group_) {
      if (outcome.is_new || outcome.unseen_before || outcome.unseen_after) added.push_back(key);
    }
    for_keys(session_, engine_, "SELECT hostname, port FROM database_instance_alias WHERE",
             sql::for_update(engine_), added, [&](const RowView& row) {
               if (auto key = row.key(0)) vanished.push_back(std::move(*key));
             });
    for (const auto& key : vanished) group_.erase(key);
  }

  // Adds the keys of instances that another process forgot, and does not write these instances.
  void take_vanished(std::vector<InstanceKey>& vanished) {
    std::vector<InstanceKey> known;
    for (const auto& [key, outcome] : group_) {
      if (outcome.seen != nullptr && !outcome.is_new) known.push_back(key);
    }
    std::vector<InstanceKey> present;
    for_keys(session_, engine_, "SELECT hostname, port FROM database_instance WHERE",
             sql::for_update(engine_), known, [&](const RowView& row) {
               if (auto key = row.key(0)) present.push_back(std::move(*key));
             });
    std::sort(present.begin(), present.end());
    for (auto& key : known) {
      if (std::binary_search(present.begin(), present.end(), key)) continue;
      group_[key].seen = nullptr;
      vanished.push_back(std::move(key));
    }
  }

  [[nodiscard]] Values row_of(const Instance& instance, Value last_seen) const {
    Values row;
    row.reserve(instance_columns().size() + check_columns);
    for (const auto& column : instance_columns()) row.push_back(column.get(instance));
    row.emplace_back(std::string_view());
    row.emplace_back(std::string_view());
    row.emplace_back(std::string_view(now_));
    row.emplace_back(std::string_view(now_));
    row.push_back(std::move(last_seen));
    return row;
  }

  void write_rows(std::string_view insert, std::string_view suffix, std::span<const Values> rows) {
    static const std::string columns = fmt::format(
        "database_instance ({}, last_check_error, last_check_failure, last_checked, last_attempted_check,"
        " last_seen) VALUES ",
        instance_column_list());
    session_.insert_rows(std::string(insert).append(columns), suffix,
                         instance_columns().size() + check_columns, rows);
  }

  void write_seen() {
    static const std::array suffixes{upsert_suffix(Engine::sqlite), upsert_suffix(Engine::mysql)};
    std::vector<Values> rows;
    for (const auto& [key, outcome] : group_) {
      if (outcome.seen != nullptr) rows.push_back(row_of(*outcome.seen, std::string_view(now_)));
    }
    write_rows("INSERT INTO ", suffixes.at(engine_ == Engine::sqlite ? 0 : 1), rows);
    write_long_queries();
  }

  static std::string upsert_suffix(Engine engine) {
    constexpr std::array<std::string_view, 2> key{"hostname", "port"};
    std::vector<std::string_view> names;
    for (const auto& column : instance_columns()) names.push_back(column.name);
    names.insert(names.end(), {"last_check_error", "last_check_failure", "last_checked",
                               "last_attempted_check", "last_seen"});
    return sql::upsert_suffix(engine, key, names);
  }

  // All columns, here too: tables of other releases have some without a default.
  void write_unseen(bool Outcome::*when) {
    std::vector<Instance> instances;
    for (const auto& [key, outcome] : group_) {
      if (!(outcome.*when)) continue;
      auto& instance = instances.emplace_back();
      instance.key = key;
      instance.version = "Unknown";
      instance.cluster_name = key.display();
    }
    std::vector<Values> rows;
    for (const auto& instance : instances) rows.push_back(row_of(instance, nullptr));
    write_rows(sql::insert_ignore(engine_), "", rows);
  }

  void write_long_queries() {
    std::vector<InstanceKey> keys;
    std::vector<Values> rows;
    for (const auto& [key, outcome] : group_) {
      if (outcome.seen == nullptr) continue;
      keys.push_back(key);
      for (const auto& query : outcome.seen->long_queries) rows.push_back(row_of(key, query));
    }
    for_keys(session_, engine_, "DELETE FROM database_instance_long_running_queries WHERE", "", keys);
    session_.insert_rows(
        fmt::format("{}database_instance_long_running_queries (hostname, port, process_id,"
                    " process_started_at, process_user, process_host, process_db, process_command,"
                    " process_time_seconds, process_state, process_info) VALUES ",
                    sql::insert_ignore(engine_)),
        "", 11, rows);
  }

  static Values row_of(const InstanceKey& key, const LongQuery& query) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t max_seconds = std::numeric_limits<std::int32_t>::max();
    return {std::string_view(key.hostname()),
            port_value(key),
            static_cast<std::int64_t>(std::min<std::uint64_t>(query.id, most)),
            timestamp_text(query.started_at),
            stored_text(query.user),
            stored_text(query.host),
            stored_text(query.db),
            stored_text(query.command, 32),
            std::clamp<std::int64_t>(query.time.count(), 0, max_seconds),
            stored_text(query.state),
            stored_text(query.info, 1024)};
  }

  void write_failed(const FailedInstance& failed) {
    session_.execute(
        "UPDATE database_instance SET last_checked = ?, last_attempted_check = ?, last_check_error = ?,"
        " last_check_failure = ? WHERE hostname = ? AND port = ?",
        {std::string_view(now_), std::string_view(now_),
         stored_text(failed.error.empty() ? "no reason given" : std::string_view(failed.error),
                     message_length),
         to_string(failed.failure), std::string_view(failed.key.hostname()), port_value(failed.key)});
  }

  void write_assigned(const ClusterAssignment& assigned) {
    session_.execute(
        "UPDATE database_instance SET cluster_name = ?, replication_depth = ?, is_co_master = ?"
        " WHERE hostname = ? AND port = ?",
        {stored_text(assigned.cluster_name), std::int64_t{assigned.replication_depth},
         std::int64_t{assigned.is_co_master ? 1 : 0}, std::string_view(assigned.key.hostname()),
         port_value(assigned.key)});
  }

  DatabaseSession& session_;
  const Engine engine_;
  Group group_;
  std::string now_;
};

}  // namespace

std::vector<InstanceKey> write_instances(Database& database, PositionHistory& notes,
                                         std::span<const InstanceWrite> writes) {
  std::vector<InstanceKey> vanished;
  PositionHistory::Draft noted;
  database.write([&](DatabaseSession& session) {
    GroupWriter writer(session, database.engine(), gathered(writes));
    vanished = writer.write();
    noted = writer.note_coordinates(notes);
  });
  notes.keep(noted);
  return vanished;
}

}  // namespace topo::store
