// Undo: returns servers to their former state, by their tracks, and verifies that they run.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "refactor/steps.h"
#include "topo/refactor/execution.h"

namespace topo::refactor {

// Every repair is tried, and may be tried again. Thread-safe, except for two simultaneous calls about one
// server.
class Undo {
 public:
  Undo(Servers& servers, std::string operation, const ExecutionOptions& options, spdlog::logger& log);

  // Writes to the log and calls ExecutionOptions::on_step.
  void log_step(const std::string& what);

  // Retries when a server does not answer, which may be transient. Throws the last error.
  void retry_while_unreachable(const std::function<void()>& action);

  // Makes the server replicate as before, but stopped. If that fails, the server is reported as a leftover,
  // and not started. A server that has executed something at its new master is left there, running.
  void restore_master(ServerState& server);
  // False: it failed; the caller reports that.
  bool restore_read_only(ServerState& server);
  // If that fails, the server is reported as a leftover.
  void restore_semi_sync(ServerState& server);
  // Restores a delay that the plan has lifted. If that fails, the server is reported as a leftover.
  void restore_delay(ServerState& server);
  // The server is a master itself. If that fails, it is reported as a leftover.
  void forget_master(ServerState& server);
  // Starts the threads that the server had running. If that fails, the server is reported as a leftover.
  void restart(ServerState& server);

  // Returns when the wanted threads run; if the master may be down, also when they still connect after
  // ExecutionOptions::start_wait. Throws Error{sql} when a thread has ended, or its connection is refused for
  // a lasting reason, {timeout} when it still connects after ExecutionOptions::connect_wait. A SQL thread
  // that had already ended with an error may do so again.
  void await_running(ServerState& server, bool master_may_be_down);

  void report_leftover(const InstanceKey& server, std::string sentence);
  [[nodiscard]] bool has_left(const InstanceKey& server) const;
  // Of a replica whose SQL thread had ended with an error: that error, or a new one, if the thread is not
  // running, or ends within ExecutionOptions::start_wait; otherwise "".
  [[nodiscard]] std::string error_that_stays(ServerState& server);
  [[nodiscard]] std::vector<Leftover> take_leftovers();

 private:
  bool is_still_locked(ServerState& server);
  void retry(const std::function<void()>& action, bool even_if_refused = true);
  // Retries a step of the rollback, and reports its end. Throws the last error.
  void carry_out(const std::string& what, const std::function<void()>& action);
  bool restore_former_master(ServerState& server);
  void complete_reset(const ServerState& server);
  ReplicationState start_with_fresh_relay_logs_if_needed(const ServerState& server);

  Servers& servers_;
  const std::string operation_;
  const ExecutionOptions& options_;
  spdlog::logger& log_;
  mutable std::mutex mutex_;  // guards leftovers_
  std::vector<Leftover> leftovers_;
};

// The server has executed something at its new master: its former coordinates are no longer right.
[[nodiscard]] bool has_executed_there(const ServerState& server);

}  // namespace topo::refactor
