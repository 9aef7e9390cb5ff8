// OperationFixture: servers under write load, and operations with a fault in the middle.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbox/writer.h"
#include "system/support/library_fixture.h"
#include "system/support/program.h"
#include "topo/refactor/refactoring.h"
#include "topo/refactor/unfinished.h"

namespace system_test {

using KeyOf = std::function<topo::InstanceKey(const std::string& name)>;

struct StagedOperation {
  const char* name;
  const char* instance;
  const char* target;                // nullptr: none
  std::vector<const char*> victims;  // servers that the operation changes or moves replicas below

  topo::refactor::OperationReport run(topo::refactor::Refactoring& refactoring, const KeyOf& key) const;
};
// Operations on a > b > c, b > d.
[[nodiscard]] const std::vector<StagedOperation>& staged_operations();
// Operations on the same topology that compare logs; by GTID they need no Pseudo-GTID.
[[nodiscard]] const std::vector<StagedOperation>& staged_matching_operations();
// Operations that are refused while c and d have not executed the same, or that are tested without writes.
[[nodiscard]] const std::vector<StagedOperation>& staged_quiet_operations();
// Promotions of c, or of c or d, when b is dead.
[[nodiscard]] const std::vector<StagedOperation>& staged_promotions();
// Takeovers from a, by b.
[[nodiscard]] const std::vector<StagedOperation>& staged_takeovers();

// a > b > c, b > d, with writes on a.
class OperationFixture {
 public:
  // With `by_gtid`, replicas of MariaDB resume where they were after a crash; those of MySQL do so by their
  // tables.
  OperationFixture(sandbox::Flavour flavour, bool by_gtid);

  [[nodiscard]] sandbox::Server& server(const std::string& name) { return servers_.server(name); }
  [[nodiscard]] sandbox::Topology& topology() { return servers_; }
  [[nodiscard]] LibraryFixture& library() { return library_; }
  [[nodiscard]] topo::refactor::Refactoring& refactoring() { return refactoring_; }
  [[nodiscard]] topo::refactor::UnfinishedOperations& unfinished() { return unfinished_; }
  [[nodiscard]] KeyOf keys();

  // Runs the operation under write load and calls `on_step` before each step. Returns the error, or the
  // leftovers.
  std::string act(const StagedOperation& operation, const std::function<void(const std::string&)>& on_step);
  void start_writing() { writer_.emplace(servers_.server("a"), std::chrono::milliseconds(1)); }
  // Waits until all replicas run by themselves, except those that `named` reports as left. `victim` is
  // started unless it is named, too. Throws topo::Error that names a replica that does not run.
  void await_all_but(const std::string& named, const std::string& victim);
  // Stops the writes; all replicas must run and have the same rows. Throws topo::Error that names one that
  // does not.
  void all_run_with_the_same_rows();
  // The server has lost its master or its replication account.
  [[nodiscard]] bool has_lost_settings(const std::string& name);
  // Restores the initial topology by operations, which proves that they work afterwards. Throws topo::Error.
  void restore();

 private:
  [[nodiscard]] std::string master(const std::string& name);

  sandbox::Topology servers_;
  LibraryFixture library_;
  topo::refactor::Refactoring refactoring_;
  topo::refactor::UnfinishedOperations unfinished_;
  std::optional<sandbox::Writer> writer_;
};

// Runs the operation in a process that exits with 0, or is killed before the step of that number or `within`
// it.
Outcome carry_out(OperationFixture& fixture, const StagedOperation& operation, int step, bool within);

}  // namespace system_test
