#include "sandbox/server.h"

#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "sandbox/server_options.h"
#include "sandbox/wait.h"
#include "topo/base/error.h"

namespace sandbox {
namespace {

constexpr std::chrono::seconds shutdown_timeout{30};
constexpr std::string_view error_log = "error.log";

}  // namespace

Server::Server(ServerPlan plan, pid_t group, pid_t pid)
    : plan_(std::move(plan)), group_(group), process_(sandbox::data_folder(plan_.folder), pid) {}

std::filesystem::path Server::data_folder() const {
  return sandbox::data_folder(plan_.folder);
}

pid_t Server::pid() {
  const std::lock_guard lock(process_mutex_);
  return process_.running() ? process_.pid() : -1;
}

bool Server::running() {
  return pid() >= 0;
}

bool Server::paused() {
  const std::lock_guard lock(process_mutex_);
  return process_.paused();
}

std::string Server::error_log_tail(std::size_t lines) const {
  return tail(plan_.folder / error_log, lines);
}

void Server::start(std::chrono::milliseconds timeout) {
  {
    const std::lock_guard lock(process_mutex_);
    if (process_.running()) {
      throw topo::Error(topo::Code::refused, fmt::format("server {} is running already", plan_.name));
    }
    // MySQL 9.7 does not start over the socket files of a killed server.
    std::filesystem::remove(data_folder() / "mysqld.sock");
    std::filesystem::remove(data_folder() / "mysqld.sock.lock");
    // The SQL thread of MySQL 5.6 does not start over the temporary files of a killed server.
    std::filesystem::remove_all(plan_.folder / "tmp");
    std::filesystem::create_directories(plan_.folder / "tmp");
    process_.start({.command = plan_.command,
                    .environment = plan_.environment,
                    .output = plan_.folder / error_log,
                    .group = group_,
                    .own_session = group_ < 0});
  }
  await_answer(timeout);
}

void Server::await_answer(std::chrono::milliseconds timeout) {
  try {
    wait_until(
        [this] {
          if (running()) return answers();
          throw topo::Error(topo::Code::refused,
                            fmt::format("server {} ended instead of starting. Its log ends:\n{}", plan_.name,
                                        error_log_tail()));
        },
        timeout, fmt::format("an answer of server {}", plan_.name));
  } catch (const topo::Error& error) {
    if (error.code() != topo::Code::timeout) throw;
    const auto log = error_log_tail();
    kill9();
    throw topo::Error(error.code(), fmt::format("{}. Its log ends:\n{}", error.what(), log));
  }
}

// Another server may listen on this port, so the data folder in the answer must match.
bool Server::answers() const {
  try {
    const auto rows = connect().query("select @@datadir as folder");
    return std::filesystem::path(rows[0].string_or("folder")) / "" == data_folder() / "";
  } catch (const topo::Error&) {
    return false;
  }
}

void Server::kill9() {
  end({SIGKILL});
}

// A paused server would not receive a request to stop.
void Server::stop() {
  end({SIGTERM, SIGCONT});
}

void Server::end(std::initializer_list<int> signals) {
  // On shutdown, MySQL waits two seconds for its clients to disconnect.
  if (const std::unique_lock lock(connection_mutex_, std::try_to_lock); lock) connection_.reset();
  {
    const std::lock_guard lock(process_mutex_);
    for (const int signal : signals) process_.signal(signal);
    process_.await_end(shutdown_timeout);
  }
  const std::lock_guard lock(connection_mutex_);
  connection_.reset();
}

void Server::await_end() {
  const std::lock_guard lock(process_mutex_);
  process_.await_end(shutdown_timeout);
}

void Server::pause() {
  const std::lock_guard lock(process_mutex_);
  process_.signal(SIGSTOP);
  wait_until([this] { return process_.paused(); }, shutdown_timeout,
             fmt::format("{} to stand still", plan_.name));
}

void Server::resume() {
  const std::lock_guard lock(process_mutex_);
  process_.signal(SIGCONT);
}

void Server::restart() {
  if (running()) stop();
  start();
}

topo::mysql::Connection Server::connect(const Account& account) const {
  topo::mysql::ConnectionOptions options;
  options.server = plan_.key;
  options.user = account.user;
  options.password = account.password;
  // An empty password needs no encryption, and the handshake would cost each start some milliseconds.
  if (account.password.empty()) options.tls.mode = topo::mysql::TlsMode::disabled;
  return topo::mysql::Connection(options);
}

topo::mysql::Connection& Server::connection() {
  if (!connection_) connection_ = std::make_unique<topo::mysql::Connection>(connect());
  return *connection_;
}

// A broken connection is not reused.
template <typename Use>
auto Server::with_connection(const Use& use) {
  const std::lock_guard lock(connection_mutex_);
  try {
    return use(connection());
  } catch (const topo::mysql::SqlError& error) {
    if (error.connection_lost()) connection_.reset();
    throw;
  }
}

topo::mysql::ResultSet Server::query(std::string_view sql) {
  return with_connection([sql](auto& connection) { return connection.query(sql); });
}

void Server::replicate_from(const Server& master, const std::optional<BinlogPosition>& position) {
  if (replication_status()) stop_replication();
  execute(change_master_statement(plan_.flavour, master.key(), position, plan_.gtid && !position));
  start_replication();
}

void Server::start_replication() {
  execute(replica_statement(plan_.flavour, "start"));
}
void Server::stop_replication() {
  execute(replica_statement(plan_.flavour, "stop"));
}

std::optional<ReplicationStatus> Server::replication_status() {
  return with_connection(
      [this](auto& connection) { return sandbox::replication_status(connection, plan_.flavour); });
}

BinlogPosition Server::binlog_position() {
  return with_connection(
      [this](auto& connection) { return sandbox::binlog_position(connection, plan_.flavour); });
}

bool Server::replicates() {
  const auto status = replication_status();
  return status && status->running();
}

}  // namespace sandbox
