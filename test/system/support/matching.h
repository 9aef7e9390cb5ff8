// What tests of matching by Pseudo-GTID have in common.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "system/support/mover.h"
#include "topo/config/configuration.h"

namespace system_test {

// Writes an entry that no other of this process is like, in the words of the sandbox's own. The schema that
// it speaks of has to be there.
void inject(sandbox::Server& server);
// With that hint, which may be another's, too.
void inject(sandbox::Server& server, const std::string& hint);

// "stop" or "start", of a replica; `threads` is "", "io_thread" or "sql_thread".
void say(sandbox::Server& replica, std::string_view verb, std::string_view threads = "");
// Lets its SQL thread, which must be stopped, wait that long before it executes anything.
void delay(sandbox::Server& replica, unsigned seconds);
// "--log-slave-updates=0" in the flavour's words.
[[nodiscard]] std::string no_log_of_updates(sandbox::Flavour flavour);

// Servers with entries, and what moves them.
class MatchedServers {
 public:
  using Configure = std::function<void(topo::Configuration&, const sandbox::Topology&)>;
  // Knows them all when it is made. Where entries do not come by themselves there is a schema for them.
  MatchedServers(std::string_view tree, const sandbox::Options& options, const Configure& configure = {});

  [[nodiscard]] sandbox::Topology& topology() { return servers_; }
  [[nodiscard]] sandbox::Server& operator[](std::string_view name) { return servers_.server(name); }
  [[nodiscard]] const topo::InstanceKey& key(std::string_view name) const {
    return servers_.server(name).key();
  }
  [[nodiscard]] Subject& subject() { return mover_.subject; }
  [[nodiscard]] topo::refactor::Refactoring& refactoring() { return mover_.refactoring; }

  // The name of its master; "" when it is no replica.
  [[nodiscard]] std::string master(std::string_view name);
  // Whether it replicates from that one, both threads running.
  [[nodiscard]] bool is_below(std::string_view name, std::string_view master);
  // Of each that runs: its master, and which threads it has running.
  [[nodiscard]] std::string standing();
  // Where it would go on to fetch, in its master's log.
  [[nodiscard]] sandbox::BinlogPosition fetched(std::string_view name);
  // It has fetched all of its master's log that there is.
  void await_fetched(std::string_view name);
  // It has executed all that it has fetched.
  void await_executed(std::string_view name);
  // It has executed what it can of that: its IO thread may have been stopped within a transaction.
  void await_executed_whole(std::string_view name);
  // It is refused with that code; all is as it was, and nothing more is locked. Returns the words.
  [[nodiscard]] std::string refused(const std::function<void()>& operation,
                                    topo::Code code = topo::Code::refused);
  // It takes the place of its master, which is dead, and is written to.
  void promote(std::string_view name);
  // A row of what a sandbox::Writer, which has to be over, wrote.
  void write(std::string_view name, int id);

 private:
  sandbox::Topology servers_;
  Mover mover_;
};

// Sits where a dead server was, and sees who calls.
class Listener {
 public:
  explicit Listener(const topo::InstanceKey& place);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  // The addresses of those that called since the last time.
  [[nodiscard]] std::vector<std::string> callers();

 private:
  int socket_ = -1;
};

}  // namespace system_test
