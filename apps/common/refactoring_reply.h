// Requests and replies common to the operations that change servers.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/operation.h"
#include "topo/refactor/refactoring.h"

namespace orchestrator {

// From -owner, -dry-run and -pattern. Throws Error{invalid_argument} for a pattern that does not compile.
[[nodiscard]] topo::refactor::OperationRequest request_of(Session& session, const Arguments& arguments);

// Prints the plan.
[[nodiscard]] Reply dry_run_reply(const topo::refactor::OperationReport& report);

// The instance as an operation has just read it.
[[nodiscard]] topo::KnownInstance as_just_read(const topo::Instance& instance);

// Completes the reply of an operation: it gets its steps, and replicas that did not move, with the reason,
// and leftovers are logged as errors. What speaks against the death of a master that was presumed dead is
// logged and appended. Leftovers make the reply a failure, although the operation did what was requested.
[[nodiscard]] Reply with_warnings(Session& session, const topo::refactor::OperationReport& report,
                                  Reply reply);

// The reply of an operation that was carried out, with its warnings.
[[nodiscard]] Reply reply_of(Session& session, const topo::refactor::OperationReport& report);

// An operation that changes an instance and supports -dry-run.
[[nodiscard]] Operation refactoring_operation(std::string_view name, std::string_view summary,
                                              std::string_view help, std::vector<std::string> routes,
                                              Handler handler);

// The replication account from the flags; nullopt: the flags have none. Throws Error{invalid_argument}.
[[nodiscard]] std::optional<topo::mysql::ReplicationAccount> account_of(Session& session,
                                                                        const Arguments& arguments);
void add_account_parameters(std::vector<ParameterUse>& parameters);

}  // namespace orchestrator
