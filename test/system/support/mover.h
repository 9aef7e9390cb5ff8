// Common helpers for tests of operations.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbox/writer.h"
#include "system/support/subject.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"

namespace system_test {

// The library, with operations that move replicas.
struct Mover {
  explicit Mover(const sandbox::Topology& servers);
  Mover(const sandbox::Topology& servers, topo::Configuration configuration);
  Subject subject;
  topo::refactor::Refactoring refactoring;
};

// Waits for all replicas, and compares the rows of a sandbox::Writer on every server.
void check_rows(sandbox::Topology& servers, const std::vector<std::string>& names);

// Returns when some more rows have been committed.
void more_writes(sandbox::Writer& writer);

// The message of the error, which must have `code`; "": no error.
[[nodiscard]] std::string refusal(const std::function<void()>& operation, topo::Code code);

}  // namespace system_test
