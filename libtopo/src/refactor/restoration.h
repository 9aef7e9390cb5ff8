// Restoration: what became of the servers of an operation whose process has ended, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "topo/refactor/execution.h"
#include "topo/refactor/servers.h"
#include "topo/store/store.h"

namespace topo::refactor {

enum class Aim {
  undo,    // all is to be as it was before the operation
  finish,  // replicas that were moved stay; the others are to be as they were, so that they can be moved
           // again
};

// Where a server was found.
enum class Whereabouts {
  silent,     // it does not answer
  as_before,  // at the master that it had
  displaced,  // there, but at another place in its log
  moved,      // at the master that the operation gave it
  torn,       // the same, but with the place in the log of the former one: its server went down in the middle
  forgotten,  // it replicates no more, and did
  elsewhere,  // at another master: somebody else has moved it
};

struct FoundServer {
  OperationServer noted;
  InstanceKey destination;  // the master that the operation gives it; invalid: the one that it had
  Whereabouts whereabouts = Whereabouts::silent;
  Instance now;
  std::string error;  // of a silent one
  bool runs = false;  // what ran before runs
  bool has_gone_on =
      false;  // moved, and has executed something there, or may at any moment: it cannot go back
};

// What was sent to them over the connections of the process that has ended is carried out no more.
void end_connections(Servers& servers, const UnendedOperation& operation, const ExecutionOptions& options,
                     spdlog::logger& log);

// Asks all of them.
[[nodiscard]] std::vector<FoundServer> find_servers(Servers& servers, const UnendedOperation& operation,
                                                    const ExecutionOptions& options);
// "db2:3306 is left stopped, at mysql-bin.000012:4711 of db1:3306".
[[nodiscard]] std::string describe(const FoundServer& server);
// Nothing is to be done about it.
[[nodiscard]] bool is_in_order(const FoundServer& server);

struct Duty {
  enum class What {
    start,           // what ran before
    put_back,        // to where it was, and start what ran
    leave_as_it_is,  // there is nothing to do, or nothing that could be done
  };
  FoundServer server;
  What what = What::leave_as_it_is;
};

// Pure.
[[nodiscard]] std::vector<Duty> duties(std::vector<FoundServer> found, Aim aim);
// "db2:3306: replicate from db1:3306 again, beginning at mysql-bin.000012:4711, and start".
[[nodiscard]] std::string describe(const Duty& duty);
// The replicas that were to be moved and, once the duties are done, are not.
[[nodiscard]] std::vector<InstanceKey> unmoved(const UnendedOperation& operation,
                                               const std::vector<Duty>& duties);

struct Restored {
  std::vector<Instance> now;     // as they last said of themselves
  std::vector<LeftServer> left;  // what could not be put in order
};
[[nodiscard]] Restored restore(Servers& servers, const std::vector<Duty>& duties,
                               const std::string& operation, const ExecutionOptions& options,
                               spdlog::logger& log);

}  // namespace topo::refactor
