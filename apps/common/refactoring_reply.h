// What operations that change servers have in common: their request, and what they answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/operation.h"
#include "topo/refactor/refactoring.h"

namespace orchestrator {

// From -owner, -dry-run and -pattern. Throws Error{invalid_argument} for a pattern that does not compile.
[[nodiscard]] topo::refactor::Request request_of(Session& session, const Arguments& arguments);

// The plan, printed.
[[nodiscard]] Reply dry_run_reply(const topo::refactor::Report& report);

// The instance as an operation read it just now.
[[nodiscard]] topo::KnownInstance live(const topo::Instance& instance);

// The reply of an operation, after each replica that did not move and why, and what is left, have been logged
// as errors. With something left it is a failure, although the operation did what it was asked to.
[[nodiscard]] Reply told(Session& session, const topo::refactor::Report& report, Reply reply);

// The message, with how many replicas stayed where they were, and why.
[[nodiscard]] std::string with_errors(const topo::refactor::Report& report, std::string_view message);

// Of an operation that moves one replica: it is printed with its master.
[[nodiscard]] Reply moved_one(Session& session, const topo::refactor::Report& report, std::string message);
// Of one that moves several: those that moved are printed, as `show` has it.
[[nodiscard]] Reply moved_several(Session& session, const topo::refactor::Report& report,
                                  const std::string& message, const topo::InstanceKey& details,
                                  const std::function<std::string(const topo::InstanceKey&)>& show);

// One that works on an instance, changes it, and can tell its plan.
[[nodiscard]] Operation refactoring_operation(std::string_view name, std::string_view summary,
                                              std::string_view help, std::vector<std::string_view> routes,
                                              Handler handler);

// One parameter more, behind the instance.
void take_also(Operation& operation, ParameterUse use);

// How a replica is printed that moved.
[[nodiscard]] std::string itself(const topo::InstanceKey& key);

}  // namespace orchestrator
