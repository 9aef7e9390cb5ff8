// Common helpers for tests of operations.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbox/writer.h"
#include "system/support/library_fixture.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"

namespace system_test {

// The library, with operations that move replicas.
struct RefactoringFixture {
  explicit RefactoringFixture(const sandbox::Topology& servers);
  RefactoringFixture(const sandbox::Topology& servers, topo::Configuration configuration);
  LibraryFixture library;
  topo::refactor::Refactoring refactoring;
};

// Waits for all replicas, and compares the rows of a sandbox::Writer on every server.
void check_rows(sandbox::Topology& servers, const std::vector<std::string>& names);

// Returns when some more rows have been committed.
void more_writes(sandbox::Writer& writer);

// The message of the error, which must have `code`; "": no error.
[[nodiscard]] std::string refusal(const std::function<void()>& operation, topo::Code code);

// The tree without the status in brackets, as the lag in it varies.
[[nodiscard]] std::string without_status(std::string tree);

}  // namespace system_test
