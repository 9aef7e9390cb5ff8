// Repairs: what became of the servers of an interrupted operation, and how to put them in order. All
// functions are pure.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "topo/model/unended_operation.h"

namespace topo {

enum class RepairMode {
  undo,    // every server as it was before the operation
  finish,  // moved replicas stay; all others return to their former state, so that they can be moved again
};

// Where a server was found after an interrupted operation.
enum class ServerOutcome {
  silent,        // does not answer
  as_before,     // at its former master
  displaced,     // at its former master, but at other coordinates
  moved,         // at the master that the operation gave it
  half_applied,  // moved, but with coordinates of the former master: the server went down during CHANGE
                 // MASTER TO
  forgotten,     // was a replica, and replicates no longer
  promoted,      // is writable in the place of its master, and still has replication settings
  elsewhere,     // at a third master: another client has moved it
};

struct FoundServer {
  OperationServer noted;
  // The master that the operation gives it; nullopt: its former master.
  std::optional<InstanceKey> destination;
  ServerOutcome outcome = ServerOutcome::silent;
  Instance now;
  std::string error;        // of a silent server
  bool catches_up = false;  // the destination is place_to_catch_up()
  // Of the former master of a takeover: whether it becomes writable again. Of the successor of a dead master:
  // whether it is still to become writable.
  enum class Writes {
    as_they_are,
    to_return,  // its successor is no master
    in_doubt,   // its successor does not answer, and may be one
    passed_on,  // its successor is one
    to_begin,   // it has no master any more, and is read-only
  } writes = Writes::as_they_are;
  // Where it goes, the operation starts both its threads, one that was stopped before, too.
  bool starts_both = false;

  // The channel that the operation worked on; nullptr: it has no master.
  [[nodiscard]] const ReplicationChannel* channel() const noexcept;
  // The threads to start where it is now.
  [[nodiscard]] bool wants_io() const noexcept;
  [[nodiscard]] bool wants_sql() const noexcept;
};

// The server below which a successor was to get what it lacks before its promotion: that one was itself to go
// below the successor. nullopt: it did not begin to do so.
[[nodiscard]] std::optional<InstanceKey> place_to_catch_up(const UnendedOperation& operation,
                                                           const OperationServer& noted, const Instance& now);

// A server that answered; `now` as just read.
[[nodiscard]] FoundServer found_server(OperationServer noted, std::optional<InstanceKey> destination,
                                       Instance now);
[[nodiscard]] FoundServer silent_server(OperationServer noted, std::optional<InstanceKey> destination,
                                        std::string error);
// Its coordinates are those of the other master. Either it went down during CHANGE MASTER TO, which its
// uptime tells, or it is a coincidence: settle() decides.
[[nodiscard]] bool is_in_doubt(const FoundServer& server);
// Of a server in doubt. `elapsed`: since the operation began.
void settle(FoundServer& server, std::chrono::seconds uptime, std::chrono::seconds elapsed);

// For a takeover from `master`: settles FoundServer::writes of the former master, and the outcome of its
// successor.
void settle_writes(std::vector<FoundServer>& found, const InstanceKey& master);
// For the promotion of a replica of a dead master: settles FoundServer::writes of the successor.
void settle_promotion(std::vector<FoundServer>& found, const UnendedOperation& operation);
// Whether a takeover or a promotion has passed the point of no return.
[[nodiscard]] bool is_taken_over(const std::vector<FoundServer>& found);
// Whether it is a former master that is below its successor already, and was restarted since: it takes
// writes.
[[nodiscard]] bool takes_writes_again(const FoundServer& server);

// "db2:3306 is left stopped, at mysql-bin.000012:4711 of db1:3306".
[[nodiscard]] std::string describe(const FoundServer& server);
// Nothing needs to be repaired.
[[nodiscard]] bool is_in_order(const FoundServer& server);

// Moved, and has executed something there, or may at any moment: it cannot go back.
[[nodiscard]] bool has_executed_there(const FoundServer& server);

// The replica has executed something since its master was changed to `beginning` there: its former
// coordinates are no longer right. By GTID `beginning` is empty, and any coordinates are right.
[[nodiscard]] bool has_executed_since(const ReplicationChannel& channel, const BinlogCoordinates& beginning);

// For a replica at its new master. A server writes the master and the executed coordinates one after the
// other: a server that goes down during CHANGE MASTER TO comes back with its new master and coordinates of
// the former one, and must not be started. Call this only where the server may have gone down so: equal
// numbers may be a coincidence.
[[nodiscard]] bool is_half_applied(const ReplicationChannel& channel,
                                   const BinlogCoordinates& former_coordinates);

struct Repair {
  enum class Action {
    start,           // the threads that it had running
    put_back,        // to its former master and coordinates, and start the threads that it had running
    forget_master,   // remove the master of one that is a master itself
    leave_as_it_is,  // nothing to do, or nothing that could be done
  };
  FoundServer server;
  Action what = Action::leave_as_it_is;
  // It was moved and is not returned, although that was wanted, as it or another server of its step has
  // executed transactions of its new master.
  bool cannot_return = false;
};

// One for each server. Servers of one step are repaired alike: if one of them has executed something at its
// new master, all stay.
[[nodiscard]] std::vector<Repair> repairs(std::vector<FoundServer> found, RepairMode mode);
// "db2:3306: replicate from db1:3306 again, beginning at mysql-bin.000012:4711, and start".
[[nodiscard]] std::string describe(const Repair& repair);
// The replicas that the operation meant to move and that, after the repairs, are not moved.
[[nodiscard]] std::vector<InstanceKey> not_moved(const UnendedOperation& operation,
                                                 const std::vector<Repair>& repairs);

// The topology may have changed since: what was recorded is finished, and nothing else. Throws Error{refused}
// if `result`, the topology that the operation planned again would make (replica, master), has other moves.
void require_same_moves(const UnendedOperation& operation,
                        const std::vector<std::pair<InstanceKey, InstanceKey>>& result);

}  // namespace topo
