#include <fmt/format.h>
#include <mysqld_error.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "inspect/facts.h"
#include "mysql/query_text.h"
#include "refactor/name_for_replicas.h"
#include "refactor/operation_connections.h"
#include "refactor/proven_names.h"
#include "topo/context.h"
#include "topo/inspect/host_names.h"
#include "topo/inspect/inspector.h"
#include "topo/inspect/same_server.h"
#include "topo/mysql/applier_threads.h"
#include "topo/mysql/connections.h"
#include "topo/mysql/log_reader.h"
#include "topo/mysql/mariadb_gtid.h"
#include "topo/mysql/pool.h"
#include "topo/refactor/servers.h"

namespace topo::refactor {
namespace {

using mysql::Answer;
using mysql::ReplicationStatements;

// The events received but not executed may be only a part of a transaction.
bool may_lack_rest(const ReplicationChannel& channel) {
  return channel.sql_thread != ThreadState::stopped && channel.exec != channel.read;
}

class LiveServers : public Servers {
 public:
  explicit LiveServers(Context& context) : context_(context), names_(context), connections_(context) {}

  Instance read(const InstanceKey& key) override {
    const auto server_lock = lock_server(key);
    auto& link = connections_.to(key);
    const std::vector<std::string> statements{link.dialect.select_facts(), link.dialect.show_replica_status(),
                                              link.dialect.show_binary_log_status()};
    const auto answers = connections_.with(
        key, [&](ServerConnection& there) { return there.connection.query_all(statements); });
    for (const auto& answer : answers) {
      if (answer.error) throw *answer.error;
    }
    Instance instance;
    instance.key = key;
    inspect::apply_facts(answers[0].rows, instance);
    inspect::apply_replica_status(answers[1].rows, resolver(), instance);
    inspect::apply_binary_log_status(answers[2].rows, instance);
    return instance;
  }

  std::optional<std::chrono::seconds> measured_lag(const InstanceKey& key) override {
    std::vector<std::string> warnings;
    const auto lag = context_.inspector().measured_lag(key, warnings);
    const std::lock_guard lock(mutex_);
    for (const auto& warning : warnings) {
      auto warning_text = fmt::format("{}: {}", key.display(), warning);
      if (warned_.insert(warning_text).second) context_.log().warn("{}", warning_text);
    }
    return lag;
  }

  std::optional<bool> are_same(const InstanceKey& one, const InstanceKey& other) override {
    try {
      return compare_servers(context_.configuration(), context_.pool(), one, other).sameness ==
             mysql::Sameness::same;
    } catch (const Error& error) {
      context_.log().info("Cannot determine whether {} and {} are the same server: {}", one.display(),
                          other.display(), error.what());
      return names_.answers(one) ? std::optional(false) : std::nullopt;
    }
  }

  std::chrono::seconds uptime(const InstanceKey& key) override {
    const auto server_lock = lock_server(key);
    Instance instance;
    inspect::apply_uptime(command(key, connections_.to(key).dialect.show_uptime()), instance);
    return instance.uptime;
  }

  ReplicationState look(const Instance& server, WantedState wanted) override {
    const auto server_lock = lock_server(server.key);
    return ask(server, {}, wanted);
  }

  ReplicationState stop(const Instance& server, WantedState wanted) override {
    const auto server_lock = lock_server(server.key);
    const auto* former = server.replication();
    const bool is_cut_off =
        former != nullptr && former->io_thread != ThreadState::running && may_lack_rest(*former);
    auto replication =
        is_cut_off ? stop_short(server, wanted) : ask(server, {statements_for(server).stop()}, wanted);
    context_.log().debug("{}: replication is stopped", server.key.display());
    return replication;
  }

  ReplicationState start(const Instance& server, mysql::Threads threads) override {
    const auto server_lock = lock_server(server.key);
    if (const auto fetched = deleted_at_start(server)) require_that_master_answers(server, *fetched);
    auto replication = ask(server, {statements_for(server).start(threads)}, {});
    context_.log().debug("{}: replication is started", server.key.display());
    return replication;
  }

  ReplicationState run_until(const Instance& server, const BinlogCoordinates& coordinates,
                             WantedState wanted) override {
    const auto server_lock = lock_server(server.key);
    const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
    const auto statements = statements_for(server);
    auto replication = ask(
        server,
        {statements.start_until(coordinates), statements.wait_for(coordinates, timeout), statements.stop()},
        wanted);
    if (replication.channel && replication.channel->exec == coordinates) return replication;
    throw_stuck(server, replication, coordinates, timeout);
  }

  ReplicationState wait_for(const Instance& server, const BinlogCoordinates& coordinates) override {
    const auto server_lock = lock_server(server.key);
    const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
    auto replication = ask(server, {statements_for(server).wait_for(coordinates, timeout)}, {});
    if (replication.channel && replication.channel->exec >= coordinates) return replication;
    throw_stuck(server, replication, coordinates, timeout);
  }

  void change_master(const Instance& server, const mysql::MasterChange& change) override {
    const auto server_lock = lock_server(server.key);
    auto named = change;
    if (!change.as_reported) named.master = name_for_replicas(context_, change.master);
    const auto statements = statements_for(server);
    context_.log().debug("{}: {}", server.key.display(), statements.change_master(without_password(named)));
    command(server.key, statements.change_master(named));
  }

  void renew_relay_logs(const Instance& server, const mysql::MasterChange& change) override {
    const auto server_lock = lock_server(server.key);
    context_.log().warn("{}: its relay logs are broken; restarting with fresh relay logs",
                        server.key.display());
    // By GTID, 5.6 has no other way to restart with fresh relay logs once their index is gone, too.
    if (connections_.to(server.key).dialect.resets_broken_relay_logs() || !change.from)
      command(server.key, statements_for(server).reset_relay_logs());
    change_master(server, change);
  }

  void change_coordinates(const Instance& server, const BinlogCoordinates& coordinates,
                          std::optional<std::chrono::milliseconds> heartbeat) override {
    const auto server_lock = lock_server(server.key);
    command(server.key, statements_for(server).change_coordinates(coordinates, heartbeat));
  }

  // The IO thread may have been stopped within a transaction, which cannot be executed then: more is fetched.
  // If no more comes, or after some tries, all whole transactions received are executed.
  // After RESET SLAVE, which deletes relay logs, MySQL does not start the SQL thread alone.
  ReplicationState drain(const Instance& server, WantedState wanted) override {
    const auto server_lock = lock_server(server.key);
    wanted.log_end = true;
    if (const auto fetched = deleted_at_start(server)) return drain_by_coordinates(server, *fetched, wanted);
    const auto statements = statements_for(server);
    constexpr int max_tries = 10;
    try {
      for (int tries = 1;; ++tries) {
        // In this order one of the threads runs all the time.
        const auto fetched =
            ask(server, {statements.start(mysql::Threads::sql), statements.stop(mysql::Threads::io)}, {});
        const auto drained = executed_all(server, fetched);
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

  void skip_transaction(const Instance& server) override {
    const auto server_lock = lock_server(server.key);
    command(server.key, statements_for(server).skip_next());
  }

  void set_read_only(const Instance& server, bool read_only) override {
    const auto server_lock = lock_server(server.key);
    command(server.key, fmt::format("SET GLOBAL read_only = {}", read_only ? 1 : 0));
  }

  void kill_query(const Instance& server, std::uint64_t process) override {
    const auto server_lock = lock_server(server.key);
    command(server.key, fmt::format("KILL QUERY {}", process));
  }

  // Releases without RESET SLAVE ALL keep the host.
  void forget_master(const Instance& server) override {
    const auto server_lock = lock_server(server.key);
    const auto statements = statements_for(server);
    if (!connections_.to(server.key).dialect.forgets_master()) {
      command(server.key, statements.blank_master_host());
    }
    command(server.key, statements.reset());
  }

  std::optional<bool> has_replication_account(const Instance& server) override {
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
      context_.log().info("{}: {}", server.key.display(), error.reason());
      return std::nullopt;
    }
    return dialect.keeps_replication_in_tables() ? std::optional(false) : std::nullopt;
  }

  std::vector<std::string> missing_privileges(const Instance& server,
                                              const std::vector<mysql::Task>& tasks) override {
    const auto server_lock = lock_server(server.key);
    const auto& dialect = connections_.to(server.key).dialect;
    const auto held = mysql::Privileges::parse(command(server.key, std::string(dialect.show_grants())));
    std::vector<std::string> phrases;
    for (const auto& [privilege, task] : mysql::missing_privileges(dialect, held, tasks))
      phrases.push_back(fmt::format("{}, {}", privilege, mysql::purpose_of(task)));
    return phrases;
  }

  std::optional<mysql::ReplicationAccount> replication_account(const Instance& server) override {
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
    const auto text = [&](std::size_t column) {
      return std::string(answer.rows[0].text(column).value_or(""));
    };
    mysql::ReplicationAccount account{text(0), text(1), false, text(2), text(3), text(4)};
    return account.user.empty() ? std::nullopt : std::optional(std::move(account));
  }

  bool commits_out_of_order(const Instance& server) override {
    const auto server_lock = lock_server(server.key);
    if (!server.is_replica()) return false;
    const auto question = connections_.to(server.key).dialect.select_commits_out_of_order();
    return !question.empty() && command(server.key, question)[0].number(0).value_or(0) != 0;
  }

  std::unique_ptr<pgtid::EventReader> logs(const Instance& server, LogType type) override {
    const auto& configured = context_.configuration();
    const mysql::LogReaderOptions options{static_cast<std::size_t>(configured.binlog_events_chunk_size),
                                          configured.buffer_binlog_events};
    return std::make_unique<mysql::LogReader>(log_connection(configured, server.key), type,
                                              type == LogType::relay ? channel_of(server) : "", options);
  }

  std::string connection_to(const InstanceKey& key) override {
    const auto server_lock = lock_server(key);
    return connections_.name_of(key);
  }

  void end_connection(const InstanceKey& key, const std::string& name) override {
    const auto server_lock = lock_server(key);
    connections_.end(key, name);
  }

 private:
  // Several replicas that move below one server use it at the same time.
  std::unique_lock<std::recursive_mutex> lock_server(const InstanceKey& key) {
    std::recursive_mutex* server_mutex = nullptr;
    {
      const std::lock_guard lock(mutex_);
      auto& made = server_mutexes_[key];
      if (!made) made = std::make_unique<std::recursive_mutex>();
      server_mutex = made.get();
    }
    return std::unique_lock(*server_mutex);
  }

  [[noreturn]] static void throw_stuck(const Instance& server, const ReplicationState& replication,
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

  // Throws mysql::SqlError. A connection that is lost is not used again.
  mysql::ResultSet command(const InstanceKey& key, const std::string& statement) {
    return connections_.with(key, [&](ServerConnection& link) { return link.connection.query(statement); });
  }

  [[nodiscard]] static std::string channel_of(const Instance& server) {
    const auto* channel = server.replication();
    return channel == nullptr ? "" : channel->name;
  }

  ReplicationStatements statements_for(const Instance& server) {
    auto& link = connections_.to(server.key);
    return {link.dialect, channel_of(server),
            [&link](std::string_view text) { return link.connection.quoted(text); }};
  }

  // For one answer, which may contain many names whose name servers hang: one deadline for all.
  inspect::ResolveHost resolver() {
    const auto end = std::chrono::steady_clock::now() + context_.configuration().mysql_discovery_read_timeout;
    return [this, end](const InstanceKey& key) {
      return names_.known_as(key, context_.names().resolve_until(key, end).key);
    };
  }

  // Transactions that START SLAVE would delete, and the channel's state.
  struct Fetched {
    ReplicationChannel channel;
    mysql::GtidUse use = mysql::GtidUse::no;
    bool may_be_executed_by_coordinates = false;
  };

  // With both threads stopped, MariaDB by GTID would delete transactions received but not executed; nullopt:
  // there are no such whole transactions.
  std::optional<Fetched> deleted_at_start(const Instance& server) {
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
      return Fetched{std::move(*channel), by_gtid.use, is_in_order && !is_unknown};
    }
    return std::nullopt;
  }

  static std::string describe(const Instance& server, const Fetched& fetched) {
    return fmt::format(
        "{} has received transactions that it has not executed ({} to {} of the binary log of {}); as it "
        "replicates by GTID and both threads are stopped, START SLAVE would delete them",
        server.key.display(), fetched.channel.exec.display(), fetched.channel.read.display(),
        fetched.channel.master.display());
  }

  // A master that answers still has the transactions, or reports that it does not.
  void require_that_master_answers(const Instance& server, const Fetched& fetched) {
    constexpr std::chrono::seconds patience{2};
    try {
      static_cast<void>(
          context_.pool().connect(fetched.channel.master, std::chrono::steady_clock::now() + patience));
    } catch (const Error& error) {
      throw Error(
          Code::refused,
          fmt::format("{}, and its master cannot send them again ({}); execute them with stop-slave-nice",
                      describe(server, fetched), error.what()));
    }
  }

  // After CHANGE MASTER TO the server reports everything as executed, until it has executed something.
  void await_executed_by_coordinates(const Instance& server, ReplicationState replication) {
    constexpr std::chrono::milliseconds first_pause{5}, longest_pause{320};
    const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
      if (!replication.channel)
        throw Error(Code::sql, fmt::format("{} does not replicate", server.key.display()));
      if (replication.channel->has_read_relay_log && !is_busy(server)) return;
      const bool is_late = std::chrono::steady_clock::now() > deadline;
      if (is_late || replication.channel->sql_thread == ThreadState::stopped)
        throw_stuck(server, replication, replication.channel->read, timeout);
      std::this_thread::sleep_for(pause);
      replication = look(server, {});
    }
  }

  // The server executes them by file and position, and then replicates by GTID again.
  ReplicationState drain_by_coordinates(const Instance& server, const Fetched& fetched, WantedState wanted) {
    if (!fetched.may_be_executed_by_coordinates) {
      throw Error(Code::refused,
                  fmt::format("{}, and its position in the relay log is uncertain: the server was "
                              "restarted, or has workers in several domains",
                              describe(server, fetched)));
    }
    const auto statements = statements_for(server);
    const auto heartbeat = ask(server, {}, {.heartbeat = true}).heartbeat;
    context_.log().info("{}; executing them by file and position", describe(server, fetched));
    command(server.key, statements.use_gtid(mysql::GtidUse::no, fetched.channel.relay, heartbeat));
    const auto go_by_gtid = [&] {
      const auto replication = ask(server, {statements.stop()}, {});
      if (!replication.channel) return;
      command(server.key, statements.use_gtid(fetched.use, replication.channel->relay, heartbeat));
    };
    try {
      await_executed_by_coordinates(server, ask(server, {statements.start(mysql::Threads::sql)}, {}));
    } catch (const Error&) {
      try {
        go_by_gtid();
      } catch (const Error& error) {
        context_.log().error("{} no longer replicates by GTID: {}", server.key.display(), error.what());
      }
      throw;
    }
    go_by_gtid();
    return ask(server, {}, wanted);
  }

  // Starts receiving until the server has events beyond `read`. False: nothing comes, or nothing is missing:
  // parallel workers report their progress only now and then.
  bool fetches_more(const Instance& server, const BinlogCoordinates& read) {
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

  // Waits until the SQL thread has executed what it can of the relay log. Having read all of it is not
  // enough: parallel workers may still have some of it to execute.
  ReplicationState executed_all(const Instance& server, ReplicationState replication) {
    constexpr std::chrono::seconds slice{1};  // the server's wait function takes whole seconds
    constexpr std::chrono::milliseconds first_pause{5}, longest_pause{40};
    const auto timeout = context_.configuration().instance_bulk_operations_wait_timeout;
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto statements = statements_for(server);
    auto pause = first_pause;
    for (BinlogCoordinates last;;) {
      if (!replication.channel)
        throw Error(Code::sql, fmt::format("{} does not replicate", server.key.display()));
      const auto& channel = *replication.channel;
      if (channel.exec == channel.read) return replication;
      if (channel.sql_thread == ThreadState::stopped || std::chrono::steady_clock::now() > deadline)
        throw_stuck(server, replication, channel.read, timeout);
      if (channel.exec != last) pause = first_pause;
      last = channel.exec;
      if (!channel.has_read_relay_log) {
        replication = ask(server, {statements.wait_for(channel.read, slice)}, {});
        continue;
      }
      if (pause > longest_pause && !is_busy(server)) return replication;
      std::this_thread::sleep_for(std::min(pause, longest_pause));
      pause = std::min(pause, longest_pause) * 2;
      replication = look(server, {});
    }
  }

  // Threads of several channels cannot be told apart: false with several channels.
  bool is_busy(const Instance& server) {
    return server.channels.size() == 1 && applier_threads(server).others > 0;
  }

  mysql::ApplierThreads applier_threads(const Instance& server) {
    return mysql::parse_applier_threads(command(server.key, std::string(mysql::select_applier_threads)));
  }

  // Stops a replica that may have only a part of a transaction and receives no more of it. A SQL thread of
  // MySQL that has passed such a part to a worker takes a minute to stop, in case the rest comes. KILL ends
  // it at once, but the server's manual warns of it because of the workers' pending work: so KILL is used
  // only when they have done everything else. Either way the replica stops before the transaction.
  ReplicationState stop_short(const Instance& server, WantedState wanted) {
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

  void end_sql_thread(const Instance& server, std::uint64_t id) {
    const auto name = server.key.display();
    context_.log().info("{}: a transaction was received only in part; killing the SQL thread", name);
    try {
      command(server.key, fmt::format("KILL {}", id));
    } catch (const mysql::SqlError& error) {
      if (error.connection_lost()) throw;
      context_.log().warn(
          "{}: the SQL thread takes a minute to stop, because it could not be killed (which needs the "
          "privilege "
          "SYSTEM_USER since MySQL 8.0.16): {}",
          name, error.reason());
      static_cast<void>(ask(server, {statements_for(server).stop()}, {}));
    }
    // A killed SQL thread has not recorded its workers' progress: the server reports an earlier position, and
    // refuses to change its master (error 1802). Starting the thread recovers the position.
    if (sql_thread_ends(server, look(server, {})))
      sql_thread_ends(server, ask(server, {statements_for(server).start_until_gaps_are_filled()}, {}));
  }

  // False: the thread still runs after two seconds.
  bool sql_thread_ends(const Instance& server, ReplicationState replication) {
    constexpr std::chrono::milliseconds first_pause{2}, longest_pause{1024};
    for (auto pause = first_pause; pause <= longest_pause; pause *= 2) {
      if (!replication.channel || replication.channel->sql_thread == ThreadState::stopped) return true;
      std::this_thread::sleep_for(pause);
      replication = look(server, {});
    }
    return false;
  }

  // Runs the statements and reads the resulting replication state, in one request.
  ReplicationState ask(const Instance& server, std::vector<std::string> statements, WantedState wanted) {
    auto& link = connections_.to(server.key);
    const auto status = statements.size();
    statements.push_back(link.dialect.show_replica_status());
    if (wanted.log_end) statements.push_back(link.dialect.show_binary_log_status());
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
    if (wanted.heartbeat) take_heartbeat(server, answers.back(), replication);
    return replication;
  }

  void take_heartbeat(const Instance& server, const Answer& answer, ReplicationState& replication) {
    if (!answer.error) {
      replication.heartbeat = mysql::parse_heartbeat(answer.rows);
      return;
    }
    context_.log().warn("{}: its heartbeat period could not be read and becomes the server's default: {}",
                        server.key.display(), answer.error->reason());
  }

  Context& context_;
  ProvenNames names_;
  OperationConnections connections_;
  std::mutex mutex_;              // guards the members below
  std::set<std::string> warned_;  // warnings logged already: an operation reads servers several times
  std::unordered_map<InstanceKey, std::unique_ptr<std::recursive_mutex>> server_mutexes_;
};

}  // namespace

std::unique_ptr<Servers> live_servers(Context& context) {
  return std::make_unique<LiveServers>(context);
}

}  // namespace topo::refactor
