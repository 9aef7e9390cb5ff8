// Carrying out a Plan.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
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

struct ExecutionOptions {
  // How long a replica that was started is watched until its threads run, or tell why they do not.
  std::chrono::milliseconds start_wait{1000};
  // How long one whose master lives may take to connect, and its master to get what the replica has executed
  // already; then it has failed.
  std::chrono::milliseconds connect_wait{10'000};
  std::size_t at_once = 32;  // strands side by side
  // Undoing is tried three times, first after this pause, then after four times as long.
  std::chrono::milliseconds undo_pause{250};
  // What finds the entries of places that are matched, and where in logs of a server transactions are
  // known to begin, which saves reading; empty: nowhere.
  std::shared_ptr<const pgtid::Pattern> pseudo_gtid{};
  std::function<std::vector<BinlogCoordinates>(const InstanceKey&, LogType)> known_places{};
  // How long a server may take to get and execute what a replica that is to go below it has executed already.
  std::chrono::milliseconds match_wait{10'000};
  // What a step that tells a server an account tells it.
  std::optional<mysql::ReplicationAccount> account{};
  // Called before each step and before each step of undoing, with what describe() says of it; for tests,
  // which throw or kill there, and for whoever watches. From several threads.
  std::function<void(const std::string&)> on_step;
  // Called when a plan that decides on the way has done so. What it throws takes everything back.
  std::function<void(const Plan&)> on_decided{};
  // Called before a server's master is changed, with both, or its replication is started, and throws if these
  // may be somebody else's by now.
  std::function<void(const InstanceKey& server, const InstanceKey& master)> require_held{};
  // Called before a server is put back, or started again: whether somebody else has worked on it meanwhile,
  // so that it is to be left as it is.
  std::function<bool(const InstanceKey& server)> was_taken{};
  // Called before a server is changed, with what is needed to undo it, and when that is more than before.
  // What it throws fails the step. From several threads.
  std::function<void(const OperationServer&)> note;
};

// What became of a plan.
struct Outcome {
  struct Failure {
    InstanceKey replica;
    std::string reason;
    Code code = Code::refused;
  };
  std::vector<InstanceKey> moved;  // replicas whose strand was carried out
  std::vector<Failure> failed;     // those whose strand was not; they replicate as before, but for `left`
  // The servers that the plan touched, as they last said of themselves.
  std::vector<Instance> now;
  // What could not be put right: who is left stopped, or replicating from where.
  std::vector<LeftServer> left;
};

// Carries out the plan. `servers_then` are the servers that it touches or takes positions from, as
// Servers::read gave them just before, by which the plan was made.
//
// A server that does not stand still where the plan left it when its master is to be changed is left as it
// is: somebody else has started or moved it. A server that, once stopped, turns out to replicate from another
// master than it did then fails its strand: somebody else moved it meanwhile. What fails is taken back,
// newest step first, every duty tried: a server whose master was changed goes back to where it stood, and
// whoever was stopped starts what ran before. A replica that was moved but does not run is moved back, unless
// it has executed something already. What is decided on the way is put into the plan. Throws nothing but what
// the log or memory throw.
[[nodiscard]] Outcome execute(Servers& servers, Plan& plan,
                              const std::unordered_map<InstanceKey, Instance>& servers_then,
                              const ExecutionOptions& options, spdlog::logger& log);

}  // namespace topo::refactor
