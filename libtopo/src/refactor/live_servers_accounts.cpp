#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "mysql/query_text.h"
#include "refactor/live_servers.h"
#include "topo/context.h"
#include "topo/mysql/privileges.h"

namespace topo::refactor {

std::optional<bool> LiveServers::has_replication_account(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  const auto& dialect = connections_.to(server.key).dialect;
  const auto status = command(server.key, dialect.show_replica_status());
  for (std::size_t i = 0; i < status.size(); ++i) {
    if (!mysql::parse_replication_user(status[i]).empty()) return true;
  }
  // SHOW SLAVE STATUS is empty while the server has no master, even if it has an account.
  const auto question = dialect.select_replication_users();
  if (question.empty()) return std::nullopt;
  try {
    const auto users = command(server.key, question);
    for (std::size_t i = 0; i < users.size(); ++i) {
      if (!users[i].text(0).value_or("").empty()) return true;
    }
  } catch (const mysql::SqlError& error) {
    if (error.connection_lost()) throw;
    context_.log().info(fmt::format("{}: {}", server.key.display(), error.reason()));
    return std::nullopt;
  }
  return dialect.keeps_replication_in_tables() ? std::optional(false) : std::nullopt;
}

std::vector<std::string> LiveServers::missing_privileges(const Instance& server,
                                                         const std::vector<mysql::Task>& tasks) {
  const auto server_lock = lock_server(server.key);
  const auto& dialect = connections_.to(server.key).dialect;
  const auto held = mysql::Privileges::parse(command(server.key, std::string(dialect.show_grants())));
  std::vector<std::string> phrases;
  for (const auto& [privilege, task] : mysql::missing_privileges(dialect, held, tasks))
    phrases.push_back(fmt::format("{}, {}", privilege, mysql::purpose_of(task)));
  return phrases;
}

std::optional<mysql::ReplicationAccount> LiveServers::replication_account(const Instance& server) {
  const auto& query = context_.configuration().replication_credentials_query;
  if (query.empty()) return std::nullopt;
  if (const auto why = mysql::why_not_to_read(query))
    throw Error(Code::refused, fmt::format("ReplicationCredentialsQuery is not executed, as {}", *why));
  const auto server_lock = lock_server(server.key);
  const auto answer = connections_.ask_configured(server.key, "ReplicationCredentialsQuery", query);
  if (answer.error) {
    throw Error(Code::sql, fmt::format("ReplicationCredentialsQuery failed on {}: {}", server.key.display(),
                                       answer.error->reason()));
  }
  if (answer.rows.empty()) return std::nullopt;
  const auto text = [&](std::size_t column) { return std::string(answer.rows[0].text(column).value_or("")); };
  mysql::ReplicationAccount account{text(0), text(1), false, text(2), text(3), text(4)};
  return account.user.empty() ? std::nullopt : std::optional(std::move(account));
}

}  // namespace topo::refactor
