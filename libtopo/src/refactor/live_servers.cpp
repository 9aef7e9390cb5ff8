#include "refactor/live_servers.h"

#include <fmt/format.h>
#include <mysqld_error.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>

#include "base/shown_text.h"
#include "inspect/server_state.h"
#include "mysql/kill_connection.h"
#include "mysql/query_text.h"
#include "refactor/name_for_replicas.h"
#include "topo/context.h"
#include "topo/inspect/host_names.h"
#include "topo/inspect/inspector.h"
#include "topo/inspect/same_server.h"
#include "topo/mysql/connections.h"
#include "topo/mysql/log_reader.h"
#include "topo/mysql/pool.h"
#include "topo/mysql/semi_sync.h"

namespace topo::refactor {

Instance LiveServers::read(const InstanceKey& key) {
  const auto server_lock = lock_server(key);
  return connections_.with(key, [&](ServerConnection& there) {
    return inspect::read_server_state(there.connection, key, resolver(), true);
  });
}

std::optional<std::chrono::seconds> LiveServers::measured_lag(const InstanceKey& key) {
  std::vector<std::string> warnings;
  const auto lag = context_.inspector().measured_lag(key, warnings);
  const std::lock_guard lock(mutex_);
  for (const auto& warning : warnings) {
    auto warning_text = fmt::format("{}: {}", key.display(), warning);
    if (warned_.insert(warning_text).second) context_.log().warn(warning_text);
  }
  return lag;
}

std::optional<bool> LiveServers::are_same(const InstanceKey& one, const InstanceKey& other) {
  try {
    return compare_servers(context_.configuration(), context_.pool(), one, other).sameness ==
           mysql::Sameness::same;
  } catch (const Error& error) {
    context_.log().info(fmt::format("Cannot determine whether {} and {} are the same server: {}",
                                    one.display(), other.display(), error.what()));
    return names_.answers(one) ? std::optional(false) : std::nullopt;
  }
}

std::chrono::seconds LiveServers::uptime(const InstanceKey& key) {
  const auto server_lock = lock_server(key);
  Instance instance;
  inspect::apply_uptime(command(key, connections_.to(key).dialect.show_uptime()), instance);
  return instance.uptime;
}

ReplicationState LiveServers::look(const Instance& server, WantedState wanted) {
  const auto server_lock = lock_server(server.key);
  return ask(server, {}, wanted);
}

ReplicationState LiveServers::stop(const Instance& server, WantedState wanted) {
  const auto server_lock = lock_server(server.key);
  const auto* former = server.replication();
  const bool is_cut_off =
      former != nullptr && former->io_thread != ThreadState::running && may_lack_rest(*former);
  auto replication =
      is_cut_off ? stop_short(server, wanted) : ask(server, {statements_for(server).stop()}, wanted);
  context_.log().debug(fmt::format("{}: replication is stopped", server.key.display()));
  return replication;
}

ReplicationState LiveServers::start(const Instance& server, mysql::Threads threads) {
  const auto server_lock = lock_server(server.key);
  if (!has_fresh_relay_logs(server.key)) {
    if (const auto fetched = deleted_at_start(server)) require_that_master_answers(server, *fetched);
  }
  auto replication = ask(server, {statements_for(server).start(threads)}, {});
  context_.log().debug(fmt::format("{}: replication is started", server.key.display()));
  return replication;
}

ReplicationState LiveServers::run_until(const Instance& server, const BinlogCoordinates& coordinates,
                                        WantedState wanted) {
  const auto server_lock = lock_server(server.key);
  const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
  const auto statements = statements_for(server);
  auto replication =
      ask(server,
          {statements.start_until(coordinates), statements.wait_for(coordinates, timeout), statements.stop()},
          wanted);
  if (replication.channel && replication.channel->exec == coordinates) return replication;
  throw_stuck(server, replication, coordinates, timeout);
}

ReplicationState LiveServers::wait_for(const Instance& server, const BinlogCoordinates& coordinates) {
  const auto server_lock = lock_server(server.key);
  const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
  auto replication = ask(server, {statements_for(server).wait_for(coordinates, timeout)}, {});
  if (replication.channel && replication.channel->exec >= coordinates) return replication;
  throw_stuck(server, replication, coordinates, timeout);
}

void LiveServers::change_master(const Instance& server, const mysql::MasterChange& change) {
  const auto server_lock = lock_server(server.key);
  auto named = change;
  if (!change.as_reported) named.master = name_for_replicas(context_, change.master);
  const auto statements = statements_for(server);
  context_.log().debug(
      fmt::format("{}: {}", server.key.display(), statements.change_master(without_password(named))));
  const auto begin = statements.begin_gtid(change);
  if (!begin.empty()) command(server.key, begin);
  command(server.key, statements.change_master(named));
  const std::lock_guard lock(mutex_);
  fresh_.insert(server.key);
}

bool LiveServers::has_fresh_relay_logs(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  return fresh_.erase(key) != 0;
}

void LiveServers::renew_relay_logs(const Instance& server, const mysql::MasterChange& change) {
  const auto server_lock = lock_server(server.key);
  context_.log().warn(
      fmt::format("{}: its relay logs are broken; restarting with fresh relay logs", server.key.display()));
  // By GTID, 5.6 has no other way to restart with fresh relay logs once their index is gone, too.
  // A server that was no replica has no other relay logs, and no delay.
  if (connections_.to(server.key).dialect.resets_broken_relay_logs() || !change.from || !server.is_replica())
    command(server.key, statements_for(server).reset_relay_logs());
  change_master(server, change);
}

void LiveServers::change_coordinates(const Instance& server, const BinlogCoordinates& coordinates,
                                     std::optional<std::chrono::milliseconds> heartbeat) {
  const auto server_lock = lock_server(server.key);
  command(server.key, statements_for(server).change_coordinates(coordinates, heartbeat));
}

void LiveServers::skip_transaction(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  command(server.key, statements_for(server).skip_next());
}

void LiveServers::set_read_only(const Instance& server, bool read_only, bool for_all) {
  const auto server_lock = lock_server(server.key);
  const auto& dialect = connections_.to(server.key).dialect;
  const auto timeout =
      std::max(context_.configuration().instance_bulk_operations_wait_timeout, std::chrono::seconds(1));
  // Only becoming read-only waits for others. One request: no server may be taking writes meanwhile.
  std::vector<std::string> statements;
  if (read_only) statements.push_back(mysql::Dialect::set_lock_wait_timeout(timeout));
  statements.push_back(dialect.set_read_only(read_only, for_all));
  try {
    connections_.with(server.key, [&](ServerConnection& link) {
      for (const auto& answer : link.connection.query_all(statements))
        if (answer.error) throw mysql::SqlError(*answer.error);
    });
  } catch (const mysql::SqlError& error) {
    if (error.number() != ER_LOCK_WAIT_TIMEOUT) throw;
    throw Error(
        Code::timeout,
        fmt::format("{} did not become read-only within {} s, because of a statement or lock of another "
                    "connection; {}",
                    server.key.display(), timeout.count(), busy_clients(server)));
  }
}

// "connections at work: 17 (ann, for 3000 s), 18 (bob, for 12 s)": statements are not shown, they may have
// secrets.
std::string LiveServers::busy_clients(const Instance& server) {
  constexpr std::size_t most = 8;
  const auto rows = command(server.key, std::string(mysql::Dialect::select_clients()));
  std::string text;
  std::size_t count = 0;
  while (count < rows.size() && rows[count].number_or("is_busy") != 0) {
    if (++count > most) continue;
    const auto row = rows[count - 1];
    text += fmt::format("{}{} ({}, for {} s)", count == 1 ? "connections at work: " : ", ",
                        row.number_or("id"), shown_text(row.string_or("user")), row.number_or("time"));
  }
  if (count == 0) return "no connection is at work, so that an idle one may hold a lock (LOCK TABLES)";
  return count > most ? fmt::format("{}, and {} others", text, count - most) : text;
}

namespace {

// "ann@10.0.0.7:51334 (connection 17), …", of rows with id, user and host.
std::string names_of_clients(const mysql::ResultSet& rows) {
  std::string names;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    names += fmt::format("{}{}@{} (connection {})", i == 0 ? "" : ", ", shown_text(row.string_or("user")),
                         shown_text(row.string_or("host")), row.number_or("id"));
  }
  return names;
}

}  // namespace

QuietLogEnd LiveServers::quiet_log_end(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  const auto& dialect = connections_.to(server.key).dialect;
  // One request: what is sent last ends the block, whatever fails before.
  constexpr std::chrono::seconds longest_wait{1};
  auto statements = dialect.block_commits();
  const auto blocks = statements.size();
  statements.insert(statements.begin(), mysql::Dialect::set_lock_wait_timeout(longest_wait));
  statements.insert(statements.end(),
                    {dialect.show_binary_log_status(), std::string(mysql::Dialect::select_blocked_writers()),
                     dialect.end_commit_block(), std::string(mysql::Dialect::reset_lock_wait_timeout())});
  const auto answers = connections_.with(
      server.key, [&](ServerConnection& link) { return link.connection.query_all(statements); });
  QuietLogEnd quiet;
  for (std::size_t i = 0; i <= blocks; ++i) {
    if (!answers[i].error) continue;
    quiet.doubt = fmt::format("{} was read-only, but accounts with SUPER may have been committing there: {}",
                              server.key.display(), answers[i].error->reason());
  }
  const auto& status = answers[blocks + 1];
  if (status.error) throw mysql::SqlError(*status.error);
  Instance now = server;
  inspect::apply_binary_log_status(status.rows, now);
  quiet.end = now.self_coordinates;
  const auto& writers = answers[blocks + 2];
  if (writers.error) throw mysql::SqlError(*writers.error);
  quiet.writers = names_of_clients(writers.rows);
  return quiet;
}

void LiveServers::set_semi_sync(const Instance& server, const SemiSyncChange& change) {
  const auto server_lock = lock_server(server.key);
  const auto& dialect = connections_.to(server.key).dialect;
  const auto variables = command(server.key, mysql::show_semi_sync_variables(dialect));
  const auto statement = mysql::set_semi_sync(change, variables, server.key);
  if (!statement.empty()) command(server.key, statement);
}

bool LiveServers::runs_events(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  const auto rows = command(server.key, std::string(mysql::Dialect::select_event_scheduler()));
  return !rows.empty() && rows[0].string_or("state") == "ON";
}

void LiveServers::stop_events(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  command(server.key, mysql::Dialect::set_event_scheduler(false));
}

void LiveServers::start_events(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  command(server.key, mysql::Dialect::set_event_scheduler(true));
}

std::string LiveServers::disabled_events(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  const auto rows = command(server.key, std::string(mysql::Dialect::select_disabled_events()));
  if (rows.empty()) return "";
  constexpr std::size_t most_named = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(rows.size(), most_named); ++i)
    names.push_back(fmt::format("{}.{}", rows[i].string_or("schema_name"), rows[i].string_or("event_name")));
  if (rows.size() > most_named) names.emplace_back("…");
  const bool is_one = rows.size() == 1, is_on = rows[0].string_or("scheduler") == "ON";
  return fmt::format("{} {} of the former master {} disabled on {} ({}): ALTER EVENT … ENABLE{}", rows.size(),
                     is_one ? "event" : "events", is_one ? "is" : "are", server.key.display(),
                     fmt::join(names, ", "), is_on ? "" : ", and its event scheduler does not run");
}

std::size_t LiveServers::prepared_transactions(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  return command(server.key, std::string(mysql::Dialect::list_prepared())).size();
}

std::string LiveServers::open_writers(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  const auto& dialect = connections_.to(server.key).dialect;
  if (dialect.has_super_read_only()) return "";
  auto writers = command(server.key, mysql::Dialect::open_writers());
  if (writers.empty()) return "";
  try {
    writers = command(server.key, dialect.open_writers_despite_read_only());
  } catch (const mysql::SqlError& error) {
    // Which of them can commit is not known.
    context_.log().info(fmt::format("{}: {}", server.key.display(), error.what()));
  }
  auto names = names_of_clients(writers);
  for (std::size_t i = 0; i < writers.size(); ++i) {
    if (writers[i].number_or("is_known") != 0) continue;
    return names + ", whose grants this account cannot see (it needs SELECT on the schema mysql)";
  }
  return names;
}

void LiveServers::end_clients(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  const auto rows = command(server.key, std::string(mysql::Dialect::select_clients()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto id = static_cast<std::uint64_t>(rows[i].number_or("id"));
    context_.log().info(fmt::format("{}: ending the connection {} of {}", server.key.display(), id,
                                    shown_text(rows[i].string_or("user"))));
    connections_.with(server.key,
                      [&](ServerConnection& link) { mysql::kill_connection(link.connection, id); });
  }
}

void LiveServers::kill_query(const Instance& server, std::uint64_t process) {
  const auto server_lock = lock_server(server.key);
  command(server.key, mysql::Dialect::kill_query(process));
}

// Releases without RESET SLAVE ALL keep the host.
void LiveServers::forget_master(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  const auto statements = statements_for(server);
  if (!connections_.to(server.key).dialect.forgets_master()) {
    command(server.key, statements.blank_master_host());
  }
  command(server.key, statements.reset());
}

bool LiveServers::commits_out_of_order(const Instance& server) {
  const auto server_lock = lock_server(server.key);
  if (!server.is_replica()) return false;
  const auto question = connections_.to(server.key).dialect.select_commits_out_of_order();
  return !question.empty() && command(server.key, question)[0].number(0).value_or(0) != 0;
}

std::unique_ptr<pgtid::EventReader> LiveServers::logs(const Instance& server, LogType type) {
  const auto& configured = context_.configuration();
  const mysql::LogReaderOptions options{static_cast<std::size_t>(configured.binlog_events_chunk_size),
                                        configured.buffer_binlog_events};
  return std::make_unique<mysql::LogReader>(log_connection(configured, server.key), type,
                                            type == LogType::relay ? channel_of(server) : "", options);
}

std::string LiveServers::connection_to(const InstanceKey& key) {
  const auto server_lock = lock_server(key);
  return connections_.name_of(key);
}

void LiveServers::end_connection(const InstanceKey& key, const std::string& name) {
  const auto server_lock = lock_server(key);
  connections_.end(key, name);
}

std::unique_lock<std::recursive_mutex> LiveServers::lock_server(const InstanceKey& key) {
  std::recursive_mutex* server_mutex = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& made = server_mutexes_[key];
    if (!made) made = std::make_unique<std::recursive_mutex>();
    server_mutex = made.get();
  }
  return std::unique_lock(*server_mutex);
}

void LiveServers::throw_stuck(const Instance& server, const ReplicationState& replication,
                              const BinlogCoordinates& goal, std::chrono::seconds timeout) {
  const auto name = server.key.display();
  if (!replication.channel) throw Error(Code::sql, fmt::format("{} no longer replicates", name));
  const auto& error = replication.channel->last_sql_error;
  const bool is_late = replication.channel->exec < goal && error.empty();
  throw Error(is_late ? Code::timeout : Code::sql,
              fmt::format("{} did not reach {}: it is at {}{}{}{}", name, goal.display(),
                          replication.channel->exec.display(),
                          is_late ? fmt::format(" after {} s", timeout.count()) : "",
                          error.empty() ? "" : ": ", error));
}

mysql::ResultSet LiveServers::command(const InstanceKey& key, const std::string& statement) {
  return connections_.with(key, [&](ServerConnection& link) { return link.connection.query(statement); });
}

std::string LiveServers::channel_of(const Instance& server) {
  const auto* channel = server.replication();
  return channel == nullptr ? "" : channel->name;
}

mysql::ReplicationStatements LiveServers::statements_for(const Instance& server) {
  auto& link = connections_.to(server.key);
  return {link.dialect, channel_of(server),
          [&link](std::string_view text) { return link.connection.quoted(text); }};
}

inspect::ResolveHost LiveServers::resolver() {
  const auto end = std::chrono::steady_clock::now() + context_.configuration().mysql_discovery_read_timeout;
  return [this, end](const InstanceKey& key) {
    return names_.known_as(key, context_.names().resolve_until(key, end).key);
  };
}

ReplicationState LiveServers::ask(const Instance& server, std::vector<std::string> statements,
                                  WantedState wanted) {
  auto& link = connections_.to(server.key);
  const auto status = statements.size();
  statements.push_back(link.dialect.show_replica_status());
  if (wanted.log_end) statements.push_back(link.dialect.show_binary_log_status());
  const auto gtids = wanted.gtids ? link.dialect.select_gtids() : "";
  if (!gtids.empty()) statements.push_back(gtids);
  const auto needed = statements.size();
  if (wanted.heartbeat) statements.push_back(statements_for(server).show_heartbeat());
  const auto answers = connections_.with(
      server.key, [&](ServerConnection& there) { return there.connection.query_all(statements); });
  for (std::size_t i = 0; i < needed; ++i) {
    if (answers[i].error) throw *answers[i].error;
  }
  Instance now = server;
  now.channels.clear();
  inspect::apply_replica_status(answers[status].rows, resolver(), now);
  ReplicationState replication;
  const auto name = channel_of(server);
  for (auto& channel : now.channels) {
    if (channel.name == name) replication.channel = std::move(channel);
  }
  if (wanted.log_end) {
    inspect::apply_binary_log_status(answers[status + 1].rows, now);
    replication.log_end = now.self_coordinates;
  }
  if (!gtids.empty()) {
    inspect::apply_gtids(answers[needed - 1].rows, now);
    replication.executed_gtid_set = now.executed_gtid_set;
    replication.logged_gtids = now.logged_gtids;
  }
  if (wanted.heartbeat) take_heartbeat(server, answers.back(), replication);
  return replication;
}

void LiveServers::take_heartbeat(const Instance& server, const mysql::Answer& answer,
                                 ReplicationState& replication) {
  if (!answer.error) {
    replication.heartbeat = mysql::parse_heartbeat(answer.rows);
    return;
  }
  context_.log().warn(
      fmt::format("{}: its heartbeat period could not be read and becomes the server's default: {}",
                  server.key.display(), answer.error->reason()));
}

std::unique_ptr<Servers> live_servers(Context& context) {
  return std::make_unique<LiveServers>(context);
}

}  // namespace topo::refactor
