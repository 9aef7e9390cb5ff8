#include <fmt/format.h>
#include <mysqld_error.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

#include "refactor/live_servers.h"
#include "topo/context.h"
#include "topo/mysql/pool.h"

namespace topo::refactor {

// The IO thread may have been stopped within a transaction, which cannot be executed then: more is fetched.
// If no more comes, or after some tries, all whole transactions received are executed.
// After RESET SLAVE, which deletes relay logs, MySQL does not start the SQL thread alone.
ReplicationState LiveServers::drain(const Instance& server, WantedState wanted,
                                    const IsNeedless& is_needless) {
  const auto server_lock = lock_server(server.key);
  wanted.log_end = true;
  if (const auto fetched = deleted_at_start(server)) return drain_by_coordinates(server, *fetched, wanted);
  require_that_it_executes(server);
  const auto statements = statements_for(server);
  constexpr int max_tries = 10;
  try {
    for (int tries = 1;; ++tries) {
      // In this order one of the threads runs all the time.
      const auto fetched =
          ask(server, {statements.start(mysql::Threads::sql), statements.stop(mysql::Threads::io)}, {});
      const auto drained = executed_all(server, fetched, is_needless);
      const auto& channel = *drained.channel;
      if (channel.exec == channel.read) return ask(server, {statements.stop()}, wanted);
      if (tries == max_tries || !fetches_more(server, channel.read)) return stop_short(server, wanted);
    }
  } catch (const mysql::SqlError& error) {
    const bool has_no_relay_log = error.number() == ER_SLAVE_MI_INIT_REPOSITORY && server.never_connected();
    if (!has_no_relay_log) throw;
    return ask(server, {statements.stop()}, wanted);
  }
}

void LiveServers::set_delay(const Instance& server, std::chrono::seconds delay) {
  const auto server_lock = lock_server(server.key);
  const auto& dialect = connections_.to(server.key).dialect;
  const bool is_alone = dialect.changes_delay_alone();
  const auto statements = statements_for(server);
  // With both threads stopped, MySQL deletes the relay logs unless it is told where to continue, which it
  // does not accept by GTID.
  std::vector<std::string> stop{statements.stop()};
  if (is_alone) stop = {statements.start(mysql::Threads::io), statements.stop(mysql::Threads::sql)};
  const auto heartbeat = ask(server, std::move(stop), {.heartbeat = !is_alone}).heartbeat;
  const auto status = command(server.key, dialect.show_replica_status());
  for (std::size_t i = 0; i < status.size(); ++i) {
    const auto channel = mysql::parse_replica_status(status[i]);
    if (!channel || channel->name != channel_of(server)) continue;
    if (channel->sql_delay != delay) {
      command(server.key, statements.change_delay(delay, channel->relay,
                                                  mysql::parse_fetched_by_gtid(status[i]).use, heartbeat));
      context_.log().info(fmt::format("{}: its delay is {} s now", server.key.display(), delay.count()));
    }
    if (is_alone) static_cast<void>(ask(server, {statements.stop(mysql::Threads::io)}, {}));
    return;
  }
  throw Error(Code::sql, fmt::format("{} does not replicate", server.key.display()));
}

ReplicationState LiveServers::resume(const Instance& server, WantedState wanted) {
  const auto server_lock = lock_server(server.key);
  const auto* former = server.replication();
  if (former == nullptr) return ask(server, {}, wanted);
  const auto all = statements_for(server);
  std::vector<std::string> statements;
  if (former->io_thread != ThreadState::stopped) {
    if (const auto fetched = deleted_at_start(server)) require_that_master_answers(server, *fetched);
    statements.push_back(all.start(mysql::Threads::io));
  }
  if (former->sql_thread == ThreadState::stopped) statements.push_back(all.stop(mysql::Threads::sql));
  return ask(server, statements, wanted);
}

// A thread that has failed is tried once more while the other one runs.
void LiveServers::require_that_it_executes(const Instance& server) {
  constexpr std::chrono::milliseconds first_pause{5}, longest_pause{160};
  const auto* former = server.replication();
  if (former == nullptr || former->sql_thread != ThreadState::stopped || former->last_sql_error.empty())
    return;
  auto replication = ask(server, {statements_for(server).start(mysql::Threads::sql)}, {});
  for (auto pause = first_pause; pause <= longest_pause; pause *= 2) {
    if (!replication.channel || replication.channel->sql_thread == ThreadState::stopped)
      throw_stuck(server, replication, former->read, {});
    if (replication.channel->exec != former->exec) return;
    std::this_thread::sleep_for(pause);
    replication = look(server, {});
  }
}

std::optional<LiveServers::Fetched> LiveServers::deleted_at_start(const Instance& server) {
  const auto* former = server.replication();
  const auto& dialect = connections_.to(server.key).dialect;
  if (former == nullptr || !former->using_mariadb_gtid || !dialect.deletes_relay_logs_at_start())
    return std::nullopt;
  const auto status = command(server.key, dialect.show_replica_status());
  for (std::size_t i = 0; i < status.size(); ++i) {
    auto channel = mysql::parse_replica_status(status[i]);
    const auto by_gtid = mysql::parse_fetched_by_gtid(status[i]);
    if (!channel || channel->name != former->name) continue;
    const bool stands_still =
        channel->io_thread == ThreadState::stopped && channel->sql_thread == ThreadState::stopped;
    if (!stands_still || !channel->using_mariadb_gtid || channel->read.file.empty()) return std::nullopt;
    const auto executed = command(server.key, std::string(mysql::select_executed_by_gtid));
    const auto ahead = mysql::domains_ahead(by_gtid.position, executed[0].text(0).value_or(""));
    // Nothing was received since the server was started: the SQL thread's position comes from a file that
    // the server may not have written.
    const bool is_unknown = by_gtid.position.empty() && channel->exec != channel->read;
    if (ahead == 0 && !is_unknown) return std::nullopt;
    // By GTID, workers may have executed domains in different orders.
    const bool is_in_order = ahead == 1 || executed[0].number(1).value_or(0) == 0;
    return Fetched{std::move(*channel), by_gtid.use, by_gtid.position, is_in_order && !is_unknown};
  }
  return std::nullopt;
}

std::string LiveServers::describe(const Instance& server, const Fetched& fetched) {
  return fmt::format(
      "{} has received transactions that it has not executed ({} to {} of the binary log of {}); as it "
      "replicates by GTID and both threads are stopped, START SLAVE would delete them",
      server.key.display(), fetched.channel.exec.display(), fetched.channel.read.display(),
      display_of(fetched.channel.master));
}

void LiveServers::require_that_master_answers(const Instance& server, const Fetched& fetched) {
  constexpr std::chrono::seconds patience{2};
  try {
    const auto& master = fetched.channel.master;
    if (!master) throw Error(Code::refused, "its name is not usable");
    static_cast<void>(context_.pool().connect(*master, std::chrono::steady_clock::now() + patience));
  } catch (const Error& error) {
    throw Error(
        Code::refused,
        fmt::format("{}, and its master cannot send them again ({}); execute them with stop-slave-nice",
                    describe(server, fetched), error.what()));
  }
}

std::size_t LiveServers::domains_to_execute(const Instance& server, const std::string& position) {
  const auto executed = command(server.key, std::string(mysql::select_executed_by_gtid));
  return mysql::domains_ahead(position, executed[0].text(0).value_or(""));
}

void LiveServers::await_executed_by_coordinates(const Instance& server, const Fetched& fetched,
                                                ReplicationState replication) {
  constexpr std::chrono::milliseconds first_pause{5}, longest_pause{320};
  const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    if (!replication.channel)
      throw Error(Code::sql, fmt::format("{} does not replicate", server.key.display()));
    if (replication.channel->has_read_relay_log && !is_busy(server) &&
        domains_to_execute(server, fetched.position) == 0)
      return;
    const bool is_late = std::chrono::steady_clock::now() > deadline;
    if (is_late || replication.channel->sql_thread == ThreadState::stopped)
      throw_stuck(server, replication, replication.channel->read, timeout);
    std::this_thread::sleep_for(pause);
    replication = look(server, {});
  }
}

ReplicationState LiveServers::drain_by_coordinates(const Instance& server, const Fetched& fetched,
                                                   WantedState wanted) {
  if (!fetched.may_be_executed_by_coordinates) {
    throw Error(Code::refused,
                fmt::format("{}, and its position in the relay log is uncertain: the server was "
                            "restarted, or has workers in several domains",
                            describe(server, fetched)));
  }
  const auto statements = statements_for(server);
  const auto heartbeat = ask(server, {}, {.heartbeat = true}).heartbeat;
  context_.log().info(fmt::format("{}; executing them by file and position", describe(server, fetched)));
  command(server.key, statements.use_gtid(mysql::GtidUse::no, fetched.channel.relay, heartbeat));
  const auto go_by_gtid = [&] {
    const auto replication = ask(server, {statements.stop()}, {});
    if (!replication.channel) return;
    command(server.key, statements.use_gtid(fetched.use, replication.channel->relay, heartbeat));
  };
  try {
    await_executed_by_coordinates(server, fetched, ask(server, {statements.start(mysql::Threads::sql)}, {}));
  } catch (const Error&) {
    try {
      go_by_gtid();
    } catch (const Error& error) {
      context_.log().error(
          fmt::format("{} no longer replicates by GTID: {}", server.key.display(), error.what()));
    }
    throw;
  }
  go_by_gtid();
  return ask(server, {}, wanted);
}

bool LiveServers::fetches_more(const Instance& server, const BinlogCoordinates& read) {
  constexpr std::chrono::milliseconds first_pause{5}, longest_pause{320};
  auto replication = ask(server, {statements_for(server).start(mysql::Threads::io)}, {});
  for (auto pause = first_pause; pause <= longest_pause; pause *= 2) {
    if (!replication.channel || replication.channel->read != read) return true;
    if (replication.channel->exec == read) return false;
    std::this_thread::sleep_for(pause);
    replication = look(server, {});
  }
  return false;
}

ReplicationState LiveServers::executed_all(const Instance& server, ReplicationState replication,
                                           const IsNeedless& is_needless) {
  constexpr std::chrono::seconds slice{1};  // the server's wait function takes whole seconds
  constexpr std::chrono::milliseconds first_pause{5}, longest_pause{40};
  const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto statements = statements_for(server);
  auto pause = first_pause, reading_pause = first_pause;
  for (BinlogCoordinates last;;) {
    if (!replication.channel)
      throw Error(Code::sql, fmt::format("{} does not replicate", server.key.display()));
    const auto& channel = *replication.channel;
    if (channel.exec == channel.read) return replication;
    if (is_needless && is_needless(channel.read)) {
      throw Error(Code::refused,
                  fmt::format("{} has not executed all that it has received, up to {}; another replica has",
                              server.key.display(), channel.read.display()));
    }
    if (channel.sql_thread == ThreadState::stopped || std::chrono::steady_clock::now() > deadline)
      throw_stuck(server, replication, channel.read, timeout);
    if (channel.exec != last) pause = first_pause;
    last = channel.exec;
    if (!channel.has_read_relay_log) {
      // The server's wait function does not notice what becomes needless.
      if (is_needless) std::this_thread::sleep_for(reading_pause);
      reading_pause = std::min(2 * reading_pause, longest_pause);
      replication =
          is_needless ? look(server, {}) : ask(server, {statements.wait_for(channel.read, slice)}, {});
      continue;
    }
    if (pause > longest_pause && !is_busy(server)) return replication;
    std::this_thread::sleep_for(std::min(pause, longest_pause));
    pause = std::min(pause, longest_pause) * 2;
    replication = look(server, {});
  }
}

bool LiveServers::is_busy(const Instance& server) {
  return server.channels.size() == 1 && applier_threads(server).others > 0;
}

mysql::ApplierThreads LiveServers::applier_threads(const Instance& server) {
  return mysql::parse_applier_threads(command(server.key, std::string(mysql::select_applier_threads)));
}

ReplicationState LiveServers::stop_short(const Instance& server, WantedState wanted) {
  const auto statements = statements_for(server);
  if (!connections_.to(server.key).dialect.waits_for_rest_of_transaction())
    return ask(server, {statements.stop()}, wanted);
  constexpr std::chrono::milliseconds first_pause{5}, longest_pause{320};
  constexpr std::chrono::seconds it_would_take{60};
  const auto deadline = std::chrono::steady_clock::now() + it_would_take;
  auto replication = ask(server, {statements.stop(mysql::Threads::io)}, {});
  for (auto pause = first_pause; pause <= longest_pause;) {
    if (!replication.channel || !may_lack_rest(*replication.channel)) break;
    const auto threads = applier_threads(server);
    if (threads.waiting_sql_thread && threads.others == 0) {
      if (threads.idle_workers > 0) end_sql_thread(server, *threads.waiting_sql_thread);
      break;
    }
    std::this_thread::sleep_for(pause);
    // A SQL thread that still reads may be anywhere, and mostly ends at once.
    if (!threads.waiting_sql_thread || std::chrono::steady_clock::now() > deadline) pause *= 2;
    replication = look(server, {});
  }
  return ask(server, {statements.stop()}, wanted);
}

void LiveServers::end_sql_thread(const Instance& server, std::uint64_t id) {
  const auto name = server.key.display();
  context_.log().info(
      fmt::format("{}: a transaction was received only in part; killing the SQL thread", name));
  try {
    command(server.key, mysql::Dialect::kill(id));
  } catch (const mysql::SqlError& error) {
    if (error.connection_lost()) throw;
    context_.log().warn(
        fmt::format("{}: the SQL thread takes a minute to stop, because it could not be killed (which needs "
                    "the privilege SYSTEM_USER since MySQL 8.0.16): {}",
                    name, error.reason()));
    static_cast<void>(ask(server, {statements_for(server).stop()}, {}));
  }
  // A killed SQL thread has not recorded its workers' progress: the server reports an earlier position, and
  // refuses to change its master (error 1802). Starting the thread recovers the position.
  if (sql_thread_ends(server, look(server, {})))
    sql_thread_ends(server, ask(server, {statements_for(server).start_until_gaps_are_filled()}, {}));
}

bool LiveServers::sql_thread_ends(const Instance& server, ReplicationState replication) {
  constexpr std::chrono::milliseconds first_pause{2}, longest_pause{1024};
  for (auto pause = first_pause; pause <= longest_pause; pause *= 2) {
    if (!replication.channel || replication.channel->sql_thread == ThreadState::stopped) return true;
    std::this_thread::sleep_for(pause);
    replication = look(server, {});
  }
  return false;
}

}  // namespace topo::refactor
