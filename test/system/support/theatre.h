// Theatre: servers that are written to, and operations that something befalls in the middle.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbox/writer.h"
#include "system/support/subject.h"
#include "topo/refactor/refactoring.h"
#include "topo/refactor/unfinished.h"

namespace system_test {

using KeyOf = std::function<topo::InstanceKey(const std::string& name)>;

struct StagedOperation {
  const char* name;
  std::function<topo::refactor::Report(topo::refactor::Refactoring&, const KeyOf&)> act;
  std::vector<const char*> victims;  // the servers that it touches or leads to
};
// Of a > b > c, b > d.
[[nodiscard]] const std::vector<StagedOperation>& staged_operations();

// a > b > c, b > d, written to on a.
class Theatre {
 public:
  // `by_gtid` and MariaDB: replicas that come back from a crash go on where they were, as those of MySQL do
  // by their tables.
  Theatre(sandbox::Flavour flavour, bool by_gtid);

  [[nodiscard]] sandbox::Server& server(const std::string& name) { return servers_.server(name); }
  [[nodiscard]] Subject& subject() { return subject_; }
  [[nodiscard]] topo::refactor::Refactoring& refactoring() { return refactoring_; }
  [[nodiscard]] topo::refactor::UnfinishedOperations& unfinished() { return unfinished_; }
  [[nodiscard]] KeyOf keys();

  // Acts while a is written to, and `on_step` is called before each step. Returns the error, or what is left.
  std::string act(const StagedOperation& operation, const std::function<void(const std::string&)>& on_step);
  void start_writing() { writer_.emplace(servers_.server("a"), std::chrono::milliseconds(1)); }
  // Everybody has to run by itself, but for those that `named` says are left, and for `victim`, which is
  // started unless it is named, too. Throws topo::Error that says who does not.
  void await_all_but(const std::string& named, const std::string& victim);
  // The writes end: all have to run, and to have the same rows. Throws topo::Error that says who does not.
  void all_run_with_the_same_rows();
  // It does not know its master, or with which account to replicate from it.
  [[nodiscard]] bool has_lost_settings(const std::string& name);
  // By the operations themselves, which so are seen to be possible afterwards. Throws topo::Error.
  void restore();

 private:
  [[nodiscard]] std::string master(const std::string& name);

  sandbox::Topology servers_;
  Subject subject_;
  topo::refactor::Refactoring refactoring_;
  topo::refactor::UnfinishedOperations unfinished_;
  std::optional<sandbox::Writer> writer_;
};

}  // namespace system_test
