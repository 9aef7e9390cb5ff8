// One real server of a sandbox.
#pragma once

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/accounts.h"
#include "sandbox/flavour.h"
#include "sandbox/replication.h"
#include "sandbox/server_process.h"
#include "topo/base/instance_key.h"
#include "topo/mysql/connection.h"

namespace sandbox {

// Everything that is needed to start or restart a server.
struct ServerPlan {
  std::string name;
  Flavour flavour = Flavour::mariadb_10_11;
  topo::InstanceKey key;
  bool gtid = false;                     // replicates by GTID
  std::filesystem::path folder;          // contains data, tmp and error.log
  std::vector<std::string> command;      // command line
  std::vector<std::string> environment;  // NAME=value
};

// Thread-safe; statements on one server are serialized, except on connections that the caller opens with
// connect().
class Server {
 public:
  // `group`: the process group that the server joins; -1: the server is a daemon with its own session. `pid`:
  // that of the server if it already runs, as a daemon.
  explicit Server(ServerPlan plan, pid_t group = -1, pid_t pid = -1);

  [[nodiscard]] const std::string& name() const noexcept { return plan_.name; }
  [[nodiscard]] Flavour flavour() const noexcept { return plan_.flavour; }
  [[nodiscard]] const topo::InstanceKey& key() const noexcept { return plan_.key; }
  [[nodiscard]] const std::string& host() const noexcept { return plan_.key.hostname(); }
  [[nodiscard]] std::uint16_t port() const noexcept { return plan_.key.port(); }
  [[nodiscard]] const ServerPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] std::filesystem::path data_folder() const;
  [[nodiscard]] pid_t pid();  // -1: not running
  [[nodiscard]] bool running();
  [[nodiscard]] bool paused();
  [[nodiscard]] std::string error_log_tail(std::size_t lines = 30) const;

  // Starts the server and waits until it answers. Throws topo::Error{refused} with the end of its log when it
  // ends instead, or {timeout}, after killing it, when it does neither in time.
  void start(std::chrono::milliseconds timeout = std::chrono::seconds(60));
  void kill9();   // like a crash; returns when the process has ended
  void stop();    // clean shutdown; returns when the process has ended
  void pause();   // SIGSTOP; returns when the process is stopped
  void resume();  // SIGCONT
  void restart();
  // Waits until the process has ended for any reason. Throws topo::Error{timeout} after half a minute.
  void await_end();

  // Runs as root, over one connection that is opened on demand. Throws topo::mysql::SqlError.
  topo::mysql::ResultSet query(std::string_view sql);
  void execute(std::string_view sql) { query(sql); }
  // Opens a new connection, which the caller owns.
  [[nodiscard]] topo::mysql::Connection connect(const Account& account = root_account) const;

  // Replicates from `master`: from the position if given, otherwise by GTID if the sandbox uses it, otherwise
  // from the master's first binary log.
  void replicate_from(const Server& master, const std::optional<BinlogPosition>& position = std::nullopt);
  void start_replication();
  void stop_replication();
  std::optional<ReplicationStatus> replication_status();
  BinlogPosition binlog_position();
  // Whether both replication threads run.
  bool replicates();

 private:
  void end(std::initializer_list<int> signals);
  [[nodiscard]] bool answers() const;
  void await_answer(std::chrono::milliseconds timeout);
  topo::mysql::Connection& connection();
  template <typename Use>
  auto with_connection(const Use& use);

  const ServerPlan plan_;
  const pid_t group_;
  std::mutex process_mutex_;
  ServerProcess process_;
  std::mutex connection_mutex_;
  std::unique_ptr<topo::mysql::Connection> connection_;
};

}  // namespace sandbox
