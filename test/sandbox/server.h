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

// All that is needed to start a server, or to start it again.
struct ServerPlan {
  std::string name;
  Flavour flavour = Flavour::mariadb_10_11;
  topo::InstanceKey key;
  bool gtid = false;                     // replicates by GTID
  std::filesystem::path folder;          // holds data, tmp and error.log
  std::vector<std::string> command;      // how it is called
  std::vector<std::string> environment;  // NAME=value
};

// Safe for use by several threads; statements of one server wait for one another, except on connections that
// the caller opens with connect().
class Server {
 public:
  // `group`: the process group that the server joins; -1: it is a daemon with a session of its own.
  // `pid`: of the server if it runs already, as a daemon.
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

  // Starts it and waits until it answers. Throws topo::Error{refused} with the end of its log when it ends
  // instead, {timeout} when it does neither in time; it is then killed.
  void start(std::chrono::milliseconds timeout = std::chrono::seconds(60));
  void kill9();   // ends it as a crash would; returns when it is gone
  void stop();    // lets it shut down; returns when it is gone
  void pause();   // SIGSTOP; returns when it stands still
  void resume();  // SIGCONT
  void restart();
  // Waits until it is gone, for whatever reason. Throws topo::Error{timeout} after half a minute.
  void await_end();

  // As root, over one connection that is opened when needed. Throws topo::mysql::SqlError.
  topo::mysql::ResultSet query(std::string_view sql);
  void execute(std::string_view sql) { query(sql); }
  // A connection of the caller's own.
  [[nodiscard]] topo::mysql::Connection connect(const Account& account = root_account) const;

  // Replicates from there: from the position given, else by GTID if the sandbox is made so, else from the
  // master's first binary log.
  void replicate_from(const Server& master, const std::optional<BinlogPosition>& position = std::nullopt);
  void start_replication();
  void stop_replication();
  std::optional<ReplicationStatus> replication_status();
  BinlogPosition binlog_position();
  // Whether it replicates, both threads running.
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
