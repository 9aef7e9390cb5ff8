#include "topo/mysql/privileges.h"

#include <algorithm>

namespace topo::mysql {
namespace {

constexpr std::string_view everything = "ALL PRIVILEGES";

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The schema in "`name`.*"; "": not of that form. Patterns have their wildcards escaped.
std::string schema_of(std::string_view object) {
  std::string name;
  if (object.size() < 4 || !object.ends_with("`.*") || object.front() != '`') return name;
  for (const char c : object.substr(1, object.size() - 4)) {
    if (c != '\\') name += c;
  }
  return name;
}

struct Requirement {
  Task task;
  std::vector<std::string_view> any_of;  // the first is the one to grant
};

std::vector<Requirement> requirements(const Dialect& dialect) {
  const bool is_split = dialect.splits_super();  // MariaDB
  if (!is_split) {
    std::vector<Requirement> all{{Task::see_replicas, {"PROCESS"}},
                                 {Task::list_replicas, {"REPLICATION SLAVE"}},
                                 {Task::see_replication, {"REPLICATION CLIENT", "SUPER"}},
                                 {Task::see_binary_log, {"REPLICATION CLIENT", "SUPER"}},
                                 {Task::read_logs, {"REPLICATION SLAVE"}},
                                 {Task::move_replicas, {"SUPER", "REPLICATION_SLAVE_ADMIN"}},
                                 {Task::forget_master, {"RELOAD"}},
                                 {Task::set_read_only, {"SUPER", "SYSTEM_VARIABLES_ADMIN"}},
                                 {Task::end_statements, {"SUPER", "CONNECTION_ADMIN"}}};
    if (!dialect.has_super_read_only()) all.push_back({Task::block_commits, {"RELOAD"}});
    if (dialect.hides_prepared()) all.push_back({Task::see_prepared, {"XA_RECOVER_ADMIN"}});
    return all;
  }
  std::vector<Requirement> all{{Task::see_replicas, {"PROCESS"}},
                               {Task::list_replicas, {"REPLICATION MASTER ADMIN"}},
                               {Task::see_replication, {"SLAVE MONITOR"}},
                               {Task::see_binary_log, {"BINLOG MONITOR"}},
                               {Task::read_logs, {"BINLOG MONITOR"}},
                               {Task::read_logs, {"SLAVE MONITOR"}},
                               {Task::move_replicas, {"REPLICATION SLAVE ADMIN"}},
                               {Task::forget_master, {"RELOAD"}},
                               {Task::set_read_only, {"READ_ONLY ADMIN"}},
                               {Task::block_commits, {"RELOAD"}},
                               {Task::end_statements, {"CONNECTION ADMIN"}}};
  if (!dialect.super_includes_replication()) return all;
  for (auto& [task, any_of] : all) {
    const bool is_of_super = task == Task::see_replication || task == Task::see_binary_log ||
                             task == Task::move_replicas || task == Task::end_statements;
    if (is_of_super) any_of.emplace_back("SUPER");
  }
  return all;
}

}  // namespace

Privileges Privileges::parse(const ResultSet& grants) {
  Privileges privileges;
  for (std::size_t i = 0; i < grants.size(); ++i) {
    constexpr std::string_view verb = "GRANT ", on = " ON ", to = " TO ";
    auto row = grants[i].text(0).value_or("");
    const auto end = row.find(to);
    const auto object_at = row.find(on);
    if (!row.starts_with(verb) || object_at == std::string_view::npos || end == std::string_view::npos ||
        end < object_at) {
      continue;
    }
    const auto object = row.substr(object_at + on.size(), end - object_at - on.size());
    const auto schema = schema_of(object);
    if (object != "*.*" && schema.empty()) continue;
    auto list = row.substr(verb.size(), object_at - verb.size());
    for (;;) {
      const auto comma = list.find(',');
      auto name = upper(trimmed(list.substr(0, comma)));
      if (name == "ALL") name = everything;
      if (schema.empty()) {
        privileges.global_.insert(std::move(name));
      } else {
        privileges.by_schema_.emplace(schema, std::move(name));
      }
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
  }
  return privileges;
}

bool Privileges::has(std::string_view privilege) const {
  return global_.contains(privilege) || global_.contains(everything);
}

bool Privileges::has_on(std::string_view schema, std::string_view privilege) const {
  if (has(privilege)) return true;
  const std::string name(schema);
  return by_schema_.contains({name, std::string(privilege)}) ||
         by_schema_.contains({name, std::string(everything)});
}

std::vector<MissingPrivilege> missing_privileges(const Dialect& dialect, const Privileges& held,
                                                 const std::vector<Task>& tasks) {
  std::vector<MissingPrivilege> missing;
  for (const auto& [task, any_of] : requirements(dialect)) {
    const bool is_wanted = std::ranges::find(tasks, task) != tasks.end();
    const bool is_held =
        std::ranges::any_of(any_of, [&](std::string_view privilege) { return held.has(privilege); });
    if (is_wanted && !is_held) missing.push_back({std::string(any_of.front()), task});
  }
  return missing;
}

std::string_view purpose_of(Task task) noexcept {
  switch (task) {
    case Task::see_replicas: return "to see its replicas and long queries";
    case Task::list_replicas: return "to list its registered replicas";
    case Task::see_replication: return "to see how it replicates";
    case Task::see_binary_log: return "to see where its binary log ends";
    case Task::read_logs: return "to read its logs for Pseudo-GTID";
    case Task::move_replicas: return "to stop, change and start its replication";
    case Task::forget_master: return "to remove a master, which rollback needs";
    case Task::set_read_only: return "to set read_only";
    case Task::block_commits: return "to wait for what accounts with SUPER are committing";
    case Task::end_statements: return "to end statements";
    case Task::see_prepared: return "to see prepared transactions of XA before a takeover";
  }
  return "";
}

}  // namespace topo::mysql
