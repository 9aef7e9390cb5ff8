#include "topo/inspect/configuration_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/error_text.h"
#include "base/shown_text.h"
#include "config/keys.h"
#include "config/text_file.h"
#include "inspect/unverified_certificate.h"
#include "mysql/query_text.h"
#include "store/sqlite_database.h"
#include "store/sqlite_file.h"
#include "topo/config/tls_files.h"
#include "topo/mysql/connections.h"
#include "topo/mysql/privileges.h"

namespace topo {
namespace {

namespace fs = std::filesystem;

struct Setting {
  const config::Key& key;
  const std::string& value;
};

// The non-empty settings whose keys have that rule.
template <typename Rule>
std::vector<Setting> settings_with(const Configuration& configuration) {
  std::vector<Setting> found;
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys) {
      if (!std::holds_alternative<Rule>(key.rule)) continue;
      const auto& value = configuration.*std::get<std::string Configuration::*>(key.member);
      if (!value.empty()) found.push_back({key, value});
    }
  }
  return found;
}

enum class Folder { must_exist, is_made };

// False for file systems of the kernel: root passes every permission check there, but cannot create files.
bool takes_files(const fs::path& folder) {
  struct statfs system {};
  if (statfs(folder.c_str(), &system) != 0) return true;
  const auto type = static_cast<unsigned long>(system.f_type);
  return type != PROC_SUPER_MAGIC && type != SYSFS_MAGIC && type != CGROUP_SUPER_MAGIC &&
         type != CGROUP2_SUPER_MAGIC;
}

// Why `file`, or the folder to create it in, is not writable for this process.
std::optional<std::string> why_not_written(const fs::path& file, Folder rule) {
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    if (fs::is_directory(file, ignored)) return "it is a folder; name a file in it";
    const int opened = open(file.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (opened < 0) return errno == ENXIO ? "no process reads from it" : error_text(errno);
    close(opened);
    return std::nullopt;
  }
  auto folder = fs::absolute(file, ignored).parent_path();
  while (rule == Folder::is_made && !fs::exists(folder, ignored) && folder.has_relative_path())
    folder = folder.parent_path();
  std::string why;
  if (fs::exists(folder, ignored) && !fs::is_directory(folder, ignored)) {
    why = "it is not a folder";
  } else if (access(folder.c_str(), W_OK | X_OK) != 0) {
    why = error_text(errno);
  } else if (!takes_files(folder)) {
    why = "it belongs to the kernel";
  }
  if (why.empty()) return std::nullopt;
  return fmt::format("it does not exist, and cannot be created in {}: {}", shown_text(folder.string(), 300),
                     why);
}

// nullopt: the file can be used or created as a database.
std::optional<std::string> why_not_kept(const std::string& file) {
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    if (auto why = store::why_no_database(file)) return why;
  }
  return why_not_written(file, Folder::is_made);
}

void check_sqlite(const Configuration& configuration, std::vector<Finding>& findings) {
  const auto& named = configuration.sqlite3_data_file;
  const auto file = named.empty() ? store::default_sqlite_file() : named;
  if (const auto why = why_not_kept(file)) {
    findings.push_back(
        {true, fmt::format("SQLite3DataFile {} {}, which cannot be used: {}",
                           named.empty() ? "is empty, which means" : "names", shown_text(file, 300), *why)});
  }
}

std::vector<mysql::Task> tasks_of(const Configuration& configuration) {
  using mysql::Task;
  std::vector<Task> tasks{Task::see_replicas,   Task::see_replication, Task::see_binary_log,
                          Task::move_replicas,  Task::forget_master,   Task::set_read_only,
                          Task::end_statements, Task::see_prepared};
  if (configuration.discover_by_show_slave_hosts) tasks.push_back(Task::list_replicas);
  if (!configuration.pseudo_gtid_pattern.empty()) tasks.push_back(Task::read_logs);
  return tasks;
}

void check_privileges(const Configuration& configuration, const InstanceKey& server,
                      mysql::Connection& connection, std::vector<Finding>& findings) {
  const auto dialect = mysql::Dialect::of(connection.server_version());
  if (dialect.flavour() == mysql::Flavour::maxscale) return;
  const auto held = mysql::Privileges::parse(connection.query(mysql::Dialect::show_grants()));
  for (const auto& [privilege, task] : mysql::missing_privileges(dialect, held, tasks_of(configuration))) {
    findings.push_back({true, fmt::format("{}: {} needs {}, {}", server.display(),
                                          shown_text(configuration.mysql_topology_user), privilege,
                                          mysql::purpose_of(task))});
  }
  constexpr std::string_view schema = "_pseudo_gtid_";
  if (configuration.auto_pseudo_gtid && !held.has_on(schema, "DROP")) {
    findings.push_back({true, fmt::format("{}: {} needs DROP on {}.*, for AutoPseudoGTID", server.display(),
                                          shown_text(configuration.mysql_topology_user), schema)});
  }
}

// For a single statement.
bool returns_nothing(std::string_view first_word) {
  return first_word == "SET" || first_word == "DO";
}

}  // namespace

std::vector<Finding> check_settings(const Configuration& configuration) {
  std::vector<Finding> findings;
  const auto remark = [&](bool applies, const char* sentence) {
    if (applies) findings.push_back({false, sentence});
  };
  const auto& c = configuration;
  remark(c.mysql_topology_user.empty(),
         "MySQLTopologyUser is empty: no server can be read; name the account on all monitored servers");
  remark(c.mysql_topology_ssl_mode == "verify" && c.mysql_topology_ssl_ca_file.empty(),
         "MySQLTopologySSLMode is verify, but MySQLTopologySSLCAFile is empty: all authorities that this "
         "machine trusts are accepted");
  remark(c.uses_mysql_backend() && c.mysql_orchestrator_ssl_mode == "verify" &&
             c.mysql_orchestrator_ssl_ca_file.empty(),
         "MySQLOrchestratorSSLMode is verify, but MySQLOrchestratorSSLCAFile is empty: all authorities that "
         "this machine trusts are accepted");
  remark(c.read_only && c.auto_pseudo_gtid, "ReadOnly is on: AutoPseudoGTID injects nothing");
  return findings;
}

std::vector<Finding> check_files(const Configuration& configuration) {
  std::vector<Finding> findings;
  // Loading has already checked the TLS files for connections to servers.
  for (auto& reason : unusable_http_tls_files(configuration)) findings.push_back({true, std::move(reason)});
  for (const auto& [key, value] : settings_with<config::PrivateFile>(configuration)) {
    std::error_code error;
    const auto status = fs::status(value, error);
    if (error || (status.permissions() & fs::perms::others_read) == fs::perms::none) continue;
    findings.push_back(
        {true, fmt::format("{} names {}, which any user of this machine can read: chmod 600 (or 640) it",
                           key.name, shown_text(value, 300))});
  }
  const auto& audit = configuration.audit_log_file;
  const auto why = audit.empty() ? std::nullopt : why_not_written(audit, Folder::must_exist);
  if (why) {
    findings.push_back({true, fmt::format("AuditLogFile names {}, which cannot be written: {}",
                                          shown_text(audit, 300), *why)});
  }
  if (!configuration.uses_mysql_backend()) check_sqlite(configuration, findings);
  return findings;
}

std::vector<Finding> check_queries(const Configuration& configuration) {
  std::vector<Finding> findings;
  for (const auto& [key, query] : settings_with<config::Query>(configuration)) {
    const auto text = mysql::parse_query_text(query);
    if (!text.unclosed.empty())
      findings.push_back({true, fmt::format("{}: {} is not closed", key.name, text.unclosed)});
    else if (text.statements.empty() && !text.has_executed_comment)
      findings.push_back({true, fmt::format("{} has no statement in it", key.name)});
    else if (const auto why = mysql::why_not_to_read(query))
      findings.push_back(
          {true, fmt::format("{} must be read-only, but {}: it is not executed", key.name, *why)});
    else if (const auto word = mysql::first_word(text.statements.back()); returns_nothing(word))
      findings.push_back({true, fmt::format("{} ends with {}, and returns nothing; expected a query, such as "
                                            "SELECT … FROM …",
                                            key.name, word)});
  }
  return findings;
}

std::vector<Finding> check_on_server(const Configuration& configuration, const InstanceKey& server) {
  std::vector<Finding> findings;
  try {
    mysql::Connection connection(topology_connection(configuration, server));
    if (const auto problem = connection.certificate_problem()) {
      findings.push_back(
          {true, fmt::format("{}: {}", server.display(), inspect::unverified_certificate(*problem))});
    }
    check_privileges(configuration, server, connection, findings);
    for (const auto& [key, query] : settings_with<config::Query>(configuration)) {
      if (mysql::parse_query_text(query).statements.size() > 1) {
        findings.push_back({false, fmt::format("{} has several statements, and was not checked on {}",
                                               key.name, server.display())});
      } else if (const auto why = mysql::why_not_prepared(connection, query)) {
        findings.push_back({true, fmt::format("{} on {}: {}", key.name, server.display(), *why)});
      } else if (key.name == "ReplicationCredentialsQuery" && mysql::has_single_column(connection, query)) {
        findings.push_back({true, fmt::format("{} on {} returns one column; expected user and password",
                                              key.name, server.display())});
      }
    }
  } catch (const Error& error) {
    findings.push_back({true, error.what()});
  }
  return findings;
}

std::vector<Finding> check_backend(const Configuration& configuration) {
  if (!configuration.uses_mysql_backend()) return {};
  try {
    mysql::Connection connection(backend_connection(configuration));
    return {};
  } catch (const Error& error) {
    return {{true, fmt::format("The backend: {}", error.what())}};
  }
}

}  // namespace topo
