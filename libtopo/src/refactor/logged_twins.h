// What the binary log of a server tells by its GTIDs.
#pragma once

#include <cstdint>
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

// MariaDB, the replicas of one master: what one has committed itself, and the log of another one proves that
// it has not, is errant: it becomes its errant_gtids, unless polls have found some. They were stopped.
void note_errant_by_logs(Servers& servers, std::vector<Instance>& replicas);

}  // namespace topo::refactor
