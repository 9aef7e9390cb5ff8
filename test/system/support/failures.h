// Failures: scenarios in which a master dies under recorded writes, and what must hold after its recovery.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/topology.h"
#include "system/support/history.h"
#include "topo/context.h"

namespace system_test {

// What a scenario may do to the servers while the applications write.
struct FailureScene {
  sandbox::Topology& servers;
  History& history;
  topo::Context& context;
  std::optional<topo::mysql::Connection> blocker;  // holds a lock until the recovery is over

  [[nodiscard]] sandbox::Server& operator[](std::string_view name) const { return servers.server(name); }
  // "STOP", "START"; "IO_THREAD", "SQL_THREAD", or "" for both.
  void say(std::string_view name, std::string_view verb, std::string_view thread = "") const;
  void delay(std::string_view name, std::chrono::seconds seconds) const;
};

enum class Expected {
  promoted,  // a replica becomes the master
  refused,   // by default; nothing is changed
  either,
};

enum class Operation {
  recover,      // a is dead
  make_master,  // a is dead
  take_over,    // a lives
};

struct FailureScenario {
  std::string_view name;
  std::string_view tree;  // below the master `a`
  Expected expected = Expected::promoted;
  void (*act)(FailureScene&) = nullptr;  // before the master dies
  // Options of `c`, which is the replica that differs.
  std::vector<std::string> options_of_c{};
  bool hangs = false;  // the master is stopped by SIGSTOP instead of killed
  Operation operation = Operation::recover;
  std::string_view successor{};  // that is named; "": the operation chooses
  bool needs_gtid = false;
  bool needs_delay_lifted = false;  // see topo::why_not_lift_delay
};
[[nodiscard]] const std::vector<FailureScenario>& failure_scenarios();
// Whether servers of this kind can be brought into that state.
[[nodiscard]] bool is_possible(const FailureScenario& scenario, sandbox::Flavour flavour, bool gtid);

struct FailureResult {
  std::string outcome;   // of the recovery, with the names of the servers
  std::string problems;  // which promises were broken, one per line; "": none
  std::optional<topo::InstanceKey> successor;
  std::chrono::milliseconds recovery{0};        // how long it took
  std::chrono::milliseconds without_writes{0};  // the longest time between two rows
};

// Runs one scenario. What must hold afterwards:
//   1. each acknowledged row that a surviving server had received is on the new master, or the operation said
//      no, or named that server, which still has its master and what it has received;
//   2. each server below the new master has the same rows;
//   3. at most one server is writable;
//   4. a replica that is stopped was stopped before, or is named;
//   5. the audit tells of the operation.
// Throws topo::Error if the servers cannot be started.
[[nodiscard]] FailureResult run_failure(const FailureScenario& scenario, sandbox::Flavour flavour, bool gtid);

}  // namespace system_test
