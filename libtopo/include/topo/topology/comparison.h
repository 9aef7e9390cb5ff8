// Comparison of two replicas of one master: which of them has more of what it wrote. A partial order: two
// replicas that cannot be compared are never equal.
#pragma once

#include <cstdint>
#include <string>

#include "topo/model/instance.h"

namespace topo {

// Which coordinates measure the progress of a replica.
enum class ReplicaProgress : std::uint8_t {
  executed,   // executed; for a stopped replica that has executed all it can
  available,  // received, if the SQL thread is neither stopped nor delayed; else executed
};

// What one replica has, compared with another.
enum class Order : std::uint8_t {
  equal,
  ahead,     // it has all that the other has, and more
  behind,    // the other has all that it has, and more
  diverged,  // each has something that the other lacks
  unknown,   // they cannot be compared
};

struct Comparison {
  Order order = Order::unknown;
  bool by_coordinates = false;  // in the binary log of the same master; otherwise by GTID
  std::string reason;           // a sentence
};

// The progress of the main channel, in the binary log of its master; empty: there is none, or it is not
// known.
[[nodiscard]] const BinlogCoordinates& progress_of(const Instance& replica, ReplicaProgress progress);

// By their coordinates, if both replicate from the same server, whose log has kept its name, and both have
// coordinates; otherwise by what they have executed by GTID. Pure.
[[nodiscard]] Comparison compare_replicas(const Instance& one, const Instance& other,
                                          ReplicaProgress progress = ReplicaProgress::executed);
// The same, without the sentence.
[[nodiscard]] Order order_of_replicas(const Instance& one, const Instance& other,
                                      ReplicaProgress progress = ReplicaProgress::executed);

// Whether the replica has executed the events of its master's log up to the coordinates, which `from`,
// another replica, has in its relay log. False: it has not, or they replicate from different servers.
[[nodiscard]] bool has_executed_to(const Instance& replica, const Instance& from,
                                   const BinlogCoordinates& coordinates);

// A text that is the same for replicas of which the coordinates are in one log: they are then ordered by
// them. It may differ although they are, as the UUID of the master may not be known of all. A replica without
// coordinates is alone in a log.
[[nodiscard]] std::string log_of(const Instance& replica, const BinlogCoordinates& coordinates);

}  // namespace topo
