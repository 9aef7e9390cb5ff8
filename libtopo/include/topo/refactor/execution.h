// Execution of a Plan.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pgtid/pattern.h"
#include "topo/refactor/servers.h"
#include "topo/store/store.h"
#include "topo/topology/plan.h"

namespace spdlog {
class logger;
}

namespace topo::refactor {

// What became of a step of the plan, or of a step of its rollback.
struct StepReport {
  enum class Result {
    done,
    failed,
    undone,   // it was done, and its server is as it was before
    skipped,  // it has not begun
  };
  std::string text;  // of describe()
  Result result = Result::skipped;
  std::string reason{};  // why it failed
};
// "done", "failed".
[[nodiscard]] std::string_view to_string(StepReport::Result result) noexcept;

struct ExecutionOptions {
  // How long a started replica is watched until its threads run or report why they do not.
  std::chrono::milliseconds start_wait{1000};
  // How long a replica of a live master may take to connect, and its master to receive what the replica has
  // executed already; after that the replica has failed.
  std::chrono::milliseconds connect_wait{10'000};
  std::size_t at_once = 32;  // replicas in parallel
  // A rollback step is tried three times: again after this pause, then after four times as long.
  std::chrono::milliseconds undo_pause{250};
  // `pseudo_gtid` finds the entries when coordinates are matched. `known_coordinates` returns where
  // transactions are known to begin in a server's logs, which saves reading; empty: nowhere.
  std::shared_ptr<const pgtid::Pattern> pseudo_gtid{};
  // What injection writes beside the entries: pgtid::MatchOptions::is_injected of former masters.
  std::function<bool(std::string_view)> is_injected{};
  std::function<std::vector<BinlogCoordinates>(const InstanceKey&, LogType)> known_coordinates{};
  // How long a server may take to receive and execute what a replica that moves below it has executed
  // already.
  std::chrono::milliseconds match_wait{10'000};
  // How long the log of a master that has become read-only must stand still where accounts with SUPER may
  // write on: once none was seen writing, and after one was.
  std::chrono::milliseconds between_writes{50}, end_of_writes{300};
  // Replicas move by GTID also when they have transactions that the new master lacks and does not receive.
  bool allow_errant = false;
  // The account that a step with an account passes to its server.
  std::optional<mysql::ReplicationAccount> account{};
  // Called before each step and each rollback step, with the text of describe(): for observers, and for
  // tests, which throw or kill there. Called from several threads.
  std::function<void(const std::string&)> on_step;
  // Called when a step or rollback step has ended, and when a step was undone. Must not throw. Called from
  // several threads.
  std::function<void(const StepReport&)> on_step_end{};
  // Called when the plan's `decide` has run. An exception from it rolls everything back.
  std::function<void(const Plan&)> on_decided{};
  // Called right before the first step of a promotion. An exception from it rolls everything back.
  std::function<void(const Plan&)> before_promotion{};
  // Called with a server and its new master before the master is changed, and with the server before its
  // replication is started. Throws if the operation may have lost its locks on them.
  std::function<void(const InstanceKey& server, const InstanceKey& master)> require_held{};
  // Called before a server is put back or started again. True: another owner has worked on the server
  // meanwhile, so the server is left as it is.
  std::function<bool(const InstanceKey& server)> was_taken{};
  // Called before a server is changed, with what is needed to undo the change, and again when more is needed.
  // An exception from it fails the step. Called from several threads.
  std::function<void(const OperationServer&)> note;
};

// The result of a plan.
struct Outcome {
  std::vector<StepReport> steps;  // those of the plan, in its order
  struct FailedReplica {
    InstanceKey replica;
    std::string reason;
    Code code = Code::refused;
    std::string_view result{};  // as Error::result()
  };
  std::vector<InstanceKey> moved;  // replicas whose steps were carried out
  // Replicas whose steps failed; they replicate as before, except those in `leftovers`.
  std::vector<FailedReplica> failed;
  // The servers that the plan touched, with their last known state.
  std::vector<Instance> now;
  // Servers that could not be put back: left stopped, or replicating from another place.
  std::vector<Leftover> leftovers;
  std::vector<std::string> shortcomings;  // of the plan, and the steps that failed and may fail
  // A sentence for each replica whose SQL thread had ended with an error, and that has another master now
  // without being mended: "db3:3306 is still broken: …".
  std::vector<std::string> still_broken;
  bool is_promoted = false;  // a promotion has begun, if not ended: its servers are not as they were
  // Up to where a server that has no master any more had executed the log of its former master; empty: there
  // is none, or that is not known.
  BinlogCoordinates promoted_at;
};

// Carries out the plan. `former_servers` has the servers that the plan touches or takes coordinates from, as
// Servers::read returned them just before; the plan was made from them.
//
// If a server is not stopped where the plan left it when its master must be changed, the server is left as it
// is: another client has started or moved it. If a server, once stopped, replicates from another master than
// in `former_servers`, another client has moved it, and the steps of its replica fail. Failed steps are
// rolled back, newest first; every rollback step is tried. A server whose master was changed returns to its
// former coordinates, and every stopped server is restarted with the threads it had running. A replica that
// was moved but does not run is moved back, unless it has already executed something. The result of `decide`
// is written into the plan. Throws only what the log or memory allocation throws.
[[nodiscard]] Outcome execute(Servers& servers, Plan& plan,
                              const std::unordered_map<InstanceKey, Instance>& former_servers,
                              const ExecutionOptions& options, spdlog::logger& log);

}  // namespace topo::refactor
