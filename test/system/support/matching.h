// Common helpers for tests of matching by Pseudo-GTID.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "system/support/refactoring_fixture.h"
#include "topo/config/configuration.h"

namespace system_test {

// Writes a unique entry in the format of the sandbox's own entries. Its schema must exist.
void inject(sandbox::Server& server);
// Writes an entry with this hint, which may be used already.
void inject(sandbox::Server& server, const std::string& hint);

// `verb`: "stop" or "start"; `threads`: "", "io_thread" or "sql_thread".
void say(sandbox::Server& replica, std::string_view verb, std::string_view threads = "");
// Delays the SQL thread, which must be stopped, by `seconds`.
void delay(sandbox::Server& replica, unsigned seconds);
// "--log-slave-updates=0" with the flavour's option name.
[[nodiscard]] std::string no_log_of_updates(sandbox::Flavour flavour);

// Servers with entries, and the library that moves them.
class MatchedServers {
 public:
  using Configure = std::function<void(topo::Configuration&, const sandbox::Topology&)>;
  // All servers are known after construction. Without automatic entries, a schema for entries exists.
  MatchedServers(std::string_view tree, const sandbox::Options& options, const Configure& configure = {});

  [[nodiscard]] sandbox::Topology& topology() { return servers_; }
  [[nodiscard]] sandbox::Server& operator[](std::string_view name) { return servers_.server(name); }
  [[nodiscard]] const topo::InstanceKey& key(std::string_view name) const {
    return servers_.server(name).key();
  }
  [[nodiscard]] LibraryFixture& library() { return mover_.library; }
  [[nodiscard]] topo::refactor::Refactoring& refactoring() { return mover_.refactoring; }

  // The name of the server's master; "": not a replica.
  [[nodiscard]] std::string master(std::string_view name);
  // Whether the server replicates from `master`, with both threads running.
  [[nodiscard]] bool is_below(std::string_view name, std::string_view master);
  // The master and the running threads of each live server.
  [[nodiscard]] std::string standing();
  // The coordinates in the master's log up to which the server has received events.
  [[nodiscard]] sandbox::BinlogPosition fetched(std::string_view name);
  // Waits until the server has received all of its master's log.
  void await_fetched(std::string_view name);
  // Waits until the server has executed everything received.
  void await_executed(std::string_view name);
  // Waits until the server has executed what it can: its IO thread may have been stopped within a
  // transaction.
  void await_executed_whole(std::string_view name);
  // Checks that the operation is refused with `code`, changes nothing and leaves no new lock. Returns the
  // message.
  [[nodiscard]] std::string refused(const std::function<void()>& operation,
                                    topo::Code code = topo::Code::refused);
  // The server replaces its dead master, and gets writes.
  void promote(std::string_view name);
  // Writes a row of the table of a sandbox::Writer, which must have ended.
  void write(std::string_view name, int id);

 private:
  sandbox::Topology servers_;
  RefactoringFixture mover_;
};

// Listens at the address of a dead server, and records its callers.
class Listener {
 public:
  explicit Listener(const topo::InstanceKey& at);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  // The addresses of the callers since the last call.
  [[nodiscard]] std::vector<std::string> callers();

 private:
  int socket_ = -1;
};

}  // namespace system_test
