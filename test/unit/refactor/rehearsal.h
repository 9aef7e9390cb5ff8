// Rehearsal: each operation on a fleet of memory, and what has to hold after it, whatever happened.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "refactor/fake_fleet.h"
#include "topo/refactor/execution.h"
#include "topo/topology/planning.h"

namespace rehearsal {

inline constexpr int transactions = 10;

struct Operation {
  const char* name;
  const char* picture;
  std::function<topo::Plan(const topo::Topology&)> plan;
  const char* result;  // "replica<master" of all that replicate, afterwards
  // Where that depends on how far each has come.
  std::vector<std::string> or_results{};
};
[[nodiscard]] bool is_result_of(const Operation& operation, const std::string& tree);
[[nodiscard]] const std::vector<Operation>& operations();
[[nodiscard]] const Operation& operation(std::string_view name);

struct Run {
  topo::Plan plan;
  topo::refactor::Outcome outcome;
  std::map<topo::InstanceKey, topo::Instance> then;
};
// At the speed of memory: nothing is waited for, one strand at a time, so that the n-th call is the same each
// time.
[[nodiscard]] topo::refactor::ExecutionOptions impatient();
[[nodiscard]] Run run(fake::Fleet& fleet, const Operation& operation,
                      const topo::refactor::ExecutionOptions& options = impatient());

// "b<a c<b"
[[nodiscard]] std::string tree(const fake::Fleet& fleet);

// Writes one more transaction. Nothing is lost or doubled anywhere, and who ran before runs again, but for
// those that a sentence of `left` names or that are dead, and those below them.
void check_after(fake::Fleet& fleet, const std::map<topo::InstanceKey, topo::Instance>& then,
                 const std::vector<topo::LeftServer>& left, const topo::InstanceKey& dead = {});

}  // namespace rehearsal
