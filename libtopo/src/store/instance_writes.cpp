#include "store/instance_writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "store/instance_columns.h"
#include "store/time_text.h"

namespace topo::store {
namespace {

constexpr std::size_t keys_per_statement = 200;

using Keys = std::vector<InstanceKey>;

// What a group comes to: of several writes about one instance's state the last counts.
struct Group {
  std::unordered_map<InstanceKey, const Instance*> seen;
  std::unordered_set<InstanceKey> is_new;  // of those
  std::unordered_map<InstanceKey, const FailedInstance*> failed;
  std::vector<InstanceKey> unseen;
  std::unordered_map<InstanceKey, const ClusterAssignment*> assigned;
};

Group gathered(std::span<const InstanceWrite> writes) {
  Group group;
  for (const auto& write : writes) {
    if (const auto* seen = std::get_if<SeenInstance>(&write)) {
      const auto& key = seen->instance.key;
      group.seen[key] = &seen->instance;
      if (seen->is_new) group.is_new.insert(key);
      group.failed.erase(key);
      group.assigned.erase(key);  // it holds its place itself
    } else if (const auto* failed = std::get_if<FailedInstance>(&write)) {
      group.failed[failed->key] = failed;
    } else if (const auto* unseen = std::get_if<UnseenMaster>(&write)) {
      group.unseen.push_back(unseen->key);
    } else if (const auto* assigned = std::get_if<ClusterAssignment>(&write)) {
      group.assigned[assigned->key] = assigned;
    }
  }
  return group;
}

Value port_value(const InstanceKey& key) {
  return std::int64_t{key.port};
}

// Runs `statement`, which ends where a condition on keys goes, for all of them.
void for_keys(Session& session, Engine engine, std::string_view statement, const Keys& keys,
              const OnRow& on_row) {
  for (std::size_t begin = 0; begin < keys.size(); begin += keys_per_statement) {
    const auto count = std::min(keys_per_statement, keys.size() - begin);
    Values values;
    values.reserve(2 * count);
    for (std::size_t i = begin; i < begin + count; ++i) {
      values.emplace_back(keys[i].hostname);
      values.push_back(port_value(keys[i]));
    }
    session.query(fmt::format("{} {}", statement, sql::key_in(engine, count)), std::span<const Value>(values),
                  on_row);
  }
}

// Takes those that somebody forgot out of the group, and returns them.
Keys take_vanished(Session& session, Engine engine, Group& group) {
  Keys known;
  for (const auto& [key, instance] : group.seen) {
    if (!group.is_new.contains(key)) known.push_back(key);
  }
  std::unordered_set<InstanceKey> present;
  for_keys(session, engine, "SELECT hostname, port FROM database_instance WHERE", known,
           [&](const RowView& row) {
             present.insert({row.string(0), static_cast<std::uint16_t>(row.number(1))});
           });
  std::erase_if(known, [&](const auto& key) { return present.contains(key); });
  for (const auto& key : known) group.seen.erase(key);
  return known;
}

const std::string& instance_insert() {
  static const std::string insert = fmt::format(
      "INSERT INTO database_instance ({}, last_check_error, last_checked, last_attempted_check, last_seen) "
      "VALUES ",
      instance_column_list());
  return insert;
}

std::string instance_upsert_suffix(Engine engine) {
  constexpr std::array<std::string_view, 2> key{"hostname", "port"};
  std::vector<std::string_view> names;
  for (const auto& column : instance_columns()) names.push_back(column.name);
  names.insert(names.end(), {"last_check_error", "last_checked", "last_attempted_check", "last_seen"});
  return sql::upsert_suffix(engine, key, names);
}

void write_seen(Session& session, Engine engine, const Group& group, const std::string& now) {
  static const std::array suffixes{instance_upsert_suffix(Engine::sqlite),
                                   instance_upsert_suffix(Engine::mysql)};
  std::vector<Values> rows;
  rows.reserve(group.seen.size());
  for (const auto& [key, instance] : group.seen) {
    Values row;
    row.reserve(instance_columns().size() + 4);
    for (const auto& column : instance_columns()) row.push_back(column.get(*instance));
    row.insert(row.end(), {Value(std::string()), Value(now), Value(now), Value(now)});
    rows.push_back(std::move(row));
  }
  session.insert_rows(instance_insert(), suffixes.at(engine == Engine::sqlite ? 0 : 1),
                      instance_columns().size() + 4, rows);
}

void write_long_queries(Session& session, Engine engine, const Group& group) {
  Keys keys;
  std::vector<Values> rows;
  for (const auto& [key, instance] : group.seen) {
    keys.push_back(key);
    for (const auto& query : instance->long_queries) {
      constexpr std::size_t name_length = 128;
      rows.push_back({key.hostname, port_value(key), static_cast<std::int64_t>(query.id),
                      timestamp_text(query.started_at), shortened(query.user, 16),
                      shortened(query.host, name_length), shortened(query.db, name_length),
                      shortened(query.command, 16), query.time.count(), shortened(query.state, name_length),
                      shortened(query.info, 1024)});
    }
  }
  for_keys(session, engine, "DELETE FROM database_instance_long_running_queries WHERE", keys,
           [](const RowView&) {});
  session.insert_rows(
      "INSERT INTO database_instance_long_running_queries (hostname, port, process_id, process_started_at,"
      " process_user, process_host, process_db, process_command, process_time_seconds, process_state, "
      "process_info) VALUES ",
      "", 11, rows);
}

void write_failed(Session& session, const Group& group, const std::string& now) {
  for (const auto& [key, failed] : group.failed) {
    session.execute(
        "UPDATE database_instance SET last_checked = ?, last_attempted_check = ?, last_check_error = ? WHERE "
        "hostname = ? AND port = ?",
        {now, now, failed->error, key.hostname, port_value(key)});
  }
}

void write_unseen(Session& session, Engine engine, const Group& group, const std::string& now) {
  for (const auto& key : group.unseen) {
    session.execute(fmt::format("{}database_instance (hostname, port, version, cluster_name, slave_hosts, "
                                "last_checked, last_attempted_check)"
                                " VALUES (?, ?, 'Unknown', ?, '[]', ?, ?)",
                                sql::insert_ignore(engine)),
                    {key.hostname, port_value(key), key.display(), now, now});
  }
}

void write_assigned(Session& session, const Group& group) {
  for (const auto& [key, assigned] : group.assigned) {
    session.execute(
        "UPDATE database_instance SET cluster_name = ?, replication_depth = ?, is_co_master = ? WHERE "
        "hostname = ? AND port = ?",
        {assigned->cluster_name, std::int64_t{assigned->replication_depth},
         std::int64_t{assigned->is_co_master ? 1 : 0}, key.hostname, port_value(key)});
  }
}

}  // namespace

std::vector<InstanceKey> write_instances(Database& database, std::span<const InstanceWrite> writes) {
  const auto engine = database.engine();
  Keys vanished;
  database.write([&](Session& session) {
    auto group = gathered(writes);
    std::string now;
    session.query("SELECT current_timestamp", {}, [&](const RowView& row) { now = row.string(0); });
    vanished = take_vanished(session, engine, group);
    write_unseen(session, engine, group, now);
    if (!group.seen.empty()) {
      write_seen(session, engine, group, now);
      write_long_queries(session, engine, group);
    }
    write_failed(session, group, now);
    write_assigned(session, group);
  });
  return vanished;
}

}  // namespace topo::store
