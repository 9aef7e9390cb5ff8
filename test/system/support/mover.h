// What tests of operations have in common.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbox/writer.h"
#include "system/support/subject.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"

namespace system_test {

// A subject that moves replicas.
struct Mover {
  explicit Mover(const sandbox::Topology& servers);
  Mover(const sandbox::Topology& servers, topo::Configuration configuration);
  Subject subject;
  topo::refactor::Refactoring refactoring;
};

// Waits for all replicas, and compares what a sandbox::Writer wrote on every server.
void check_rows(sandbox::Topology& servers, const std::vector<std::string>& names);

// Returns when some more have been committed.
void more_writes(sandbox::Writer& writer);

// The words of the error, which must have that code; "" when there is none.
[[nodiscard]] std::string refusal(const std::function<void()>& operation, topo::Code code);

}  // namespace system_test
