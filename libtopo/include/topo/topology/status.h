// The status of one instance in a word, its problems in sentences, and what to do about them.
//
// Pure: ages in KnownInstance replace the clock, the limits are parameters.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "topo/model/instance.h"

namespace topo {

struct Configuration;

// Configured limits that the verdicts below depend on.
struct StatusLimits {
  std::chrono::seconds poll_interval{60};               // InstancePollSeconds
  std::chrono::seconds reasonable_lag{10};              // ReasonableReplicationLagSeconds: a problem above it
  std::chrono::seconds reasonable_maintenance_lag{20};  // ReasonableMaintenanceReplicationLagSeconds
};
[[nodiscard]] StatusLimits status_limits(const Configuration& configuration);

// "OK", or the first match in this list: "last check invalid", "not recently checked", "never connected",
// "not replicating", "cannot determine slave lag", "lags too much".
[[nodiscard]] std::string_view status_of(const KnownInstance& known, const StatusLimits& limits);

// "[OK,10.11.6-MariaDB-log,ROW,>>]": status, version, binary log format, and >> for log_slave_updates; then,
// if applicable, "multi-source:N" for a replica on N channels, `ring` (its position in a ring, see
// ascii_tree), "GTID:errant" for a replica with errant transactions, "returned" for a
// former master that answers again (former_master.h), "co-master:writable" for one of two co-masters that
// both take writes, "unfinished" for an instance with a
// leftover of an operation, and "warnings:N" for N warnings.
[[nodiscard]] std::string describe(const KnownInstance& known, const StatusLimits& limits,
                                   std::string_view ring = "");

// The problems of the instance, a sentence each; empty: none. Replication is not checked on a master that is
// not a replica.
[[nodiscard]] std::vector<std::string> problems_of(const KnownInstance& known, const StatusLimits& limits);

// The kinds of problems, the worst first. The numbers are ranks, for sorting.
enum class Problem {
  none,
  last_check_invalid,    // the last read failed
  not_recently_checked,  // not checked for more than five poll intervals
  returned,              // a former master that answers again, and is no replica
  writable_co_masters,   // one of two co-masters, and both take writes
  another_server,        // where a replaced master was, another server takes writes
  never_connected,       // a channel has not connected to its master since that was configured
  not_replicating,       // a thread of a channel does not run
  replication_lag,       // lags more than is reasonable
  errant_gtid,           // has transactions that its master does not have
  other,                 // an operation left the instance in an unintended state
};
// The texts of the kinds in the API, by number; "": none.
inline constexpr std::array<std::string_view, 11> problem_names{"",
                                                                "last_check_invalid",
                                                                "not_recently_checked",
                                                                "returned",
                                                                "writable_co_masters",
                                                                "another_server",
                                                                "never_connected",
                                                                "not_replicating",
                                                                "replication_lag",
                                                                "errant_gtid",
                                                                "other"};

// The worst problem among problems_of(); none: there is no problem.
[[nodiscard]] Problem problem_of(const KnownInstance& known, const StatusLimits& limits);

// What to do about a problem of that kind, a sentence that names the operation that helps; "" for none.
[[nodiscard]] std::string_view remedy_of(Problem problem);
// What to do about the worst problem of the instance, likewise; "": there is no problem.
[[nodiscard]] std::string_view remedy_of(const KnownInstance& known, const StatusLimits& limits);

// Sorts by the worst problem, those without one last, then by lag, the largest first, then by name: numbers
// in names are compared as numbers, db2 before db10.
void sort_by_problem(std::vector<KnownInstance>& instances, const StatusLimits& limits);

}  // namespace topo
