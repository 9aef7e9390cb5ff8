// What the binary log of a server tells by its GTIDs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "topo/refactor/servers.h"
#include "topo/topology/errant.h"

namespace topo::refactor {

// What was logged before a binary log, as its first events tell: the text of Previous_gtids or Gtid_list.
// Throws Error{sql} if they do not tell it.
[[nodiscard]] std::string logged_before(pgtid::EventReader& logs, const std::string& file);

// Which transactions in doubt are looked for: all, or only those that the replica has committed itself. Those
// of others are in doubt whenever the master was filled from a dump.
enum class Doubts : std::uint8_t { all, own };

// MariaDB: transactions in the binary log of `master` that prove that it does not have others with the same
// numbers, which `replica` has; see in_doubt(). Reads the beginnings of the newest logs, and for each number
// in doubt at most the one log where it must be. Empty: nothing is in doubt, or the log does not tell.
[[nodiscard]] std::vector<GtidList::Gtid> logged_twins(Servers& servers, const Instance& replica,
                                                       const Instance& master, Doubts doubts);

// proven_lead(), for which the binary log of `other` is read if what the servers report proves nothing.
[[nodiscard]] std::optional<GtidLead> lead_by_logs(Servers& servers, const Instance& one,
                                                   const Instance& other, Doubts doubts = Doubts::all);

// never_sent(), for which the binary log of the replica is read if what the servers report proves nothing: of
// the transactions that the master has committed itself.
[[nodiscard]] std::optional<GtidLead> never_sent_by_logs(Servers& servers, const Instance& master,
                                                         const Instance& replica);

// MariaDB, by domain: the last transaction that two servers have in common; nullopt: their logs do not tell
// it.
using Partings = std::map<std::uint32_t, std::optional<GtidList::Gtid>>;

// lead_by_logs(), of MariaDB from the first transaction on: a position tells only the last number, and the
// logs of both are read for the first.
[[nodiscard]] std::optional<GtidLead> exact_lead_by_logs(Servers& servers, const Instance& one,
                                                         const Instance& other, Doubts doubts = Doubts::all);

// What a replica and its master-to-be differ in, by GTID, from the first transaction on.
struct GtidDifference {
  std::optional<GtidLead> ahead;   // exact_lead_by_logs() of the replica over the master
  std::optional<GtidLead> hidden;  // never_sent_by_logs() of the master
  Partings partings;               // in the domains of both
};

[[nodiscard]] GtidDifference difference_by_logs(Servers& servers, const Instance& replica,
                                                const Instance& master, Doubts doubts);

// MariaDB: the position from which the replica, which keeps what the master lacks, gets all that the master
// has and it lacks: its own, and in the domains where the two differ the last transaction that both have. "":
// its own. Throws Error{refused} if their logs do not tell where they differ.
[[nodiscard]] std::string position_in_common(Servers& servers, const Instance& replica,
                                             const Instance& master);

// "b has executed … that a has neither executed nor received; a has … that b lacks, and would never get: it
// has passed their numbers"; "": nothing.
[[nodiscard]] std::string describe(const GtidDifference& difference, const InstanceKey& replica,
                                   const InstanceKey& master);

// MariaDB, the replicas of one master: what one has committed itself, and the log of another one proves that
// it has not, is errant: it becomes its errant_gtids, unless polls have found some. They were stopped.
void note_errant_by_logs(Servers& servers, std::vector<Instance>& replicas);

}  // namespace topo::refactor
