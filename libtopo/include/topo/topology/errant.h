// Errant transactions: on a replica, not on its master. Pure; when the servers were read is for the caller to
// know.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/model/gtid_list.h"
#include "topo/model/instance.h"
#include "topo/topology/gtids.h"

namespace topo {

// A master sends a transaction to its replicas a moment before it reports it as executed: a read of the
// master that begins this long after one of a replica has what was on its way.
inline constexpr std::chrono::seconds commit_time{1};

// What one read of a server tells about its transactions.
struct GtidState {
  bool is_mariadb = false;
  bool has_gtids = false;  // see why_no_gtids(); false also of a binlog server
  bool logs_all = false;   // its binary log has all that it executes: log_slave_updates, and no filters
  std::uint32_t server_id = 0;
  std::string server_uuid;
  std::string executed, logged;
  std::vector<GtidList::Gtid> found_logged;  // MariaDB: what was found in its binary log; see in_doubt()
  std::vector<std::string> received;         // of all channels
  std::optional<InstanceKey> master;

  friend bool operator==(const GtidState&, const GtidState&) = default;
};
[[nodiscard]] GtidState gtid_state_of(const Instance& instance);

struct ErrantInput {
  // The replica as read last.
  const GtidState& replica;
  // The replica as it was before each of `masters` was read: what it had then, and they lack, is errant.
  // nullptr: there is no such read.
  const GtidState* earlier = nullptr;
  // An older read of the replica, from the same server id. What MariaDB has committed itself since then,
  // below the same master, came from no other server. nullptr: unknown.
  const GtidState* before = nullptr;
  // The masters of all channels, as read last. Empty: not all of them are known.
  std::vector<const GtidState*> masters{};
  // What was errant when this was last determined: GtidLead::gtids, or "".
  std::string_view known{};
  // The replica is a co-master, or in a ring: its own transactions get to its master in time.
  bool is_in_ring = false;
  // MariaDB: `masters` are servers of one cluster, whose binary logs have the same transactions: what the log
  // of one proves, is proven of all.
  bool share_transactions = false;
};

// What is errant on the replica; nullopt: nothing, or nothing is known to be. What `known` has stays errant
// until the replica no longer has it, or a master has it, executed or received. What a master itself
// committed first is never errant: its replicas may have it while the commit waits for a semi-synchronous
// replica.
//
// MySQL: sets are compared. MariaDB: a position has only the last transaction of each domain, and the binary
// log's state the last one of each server in it; a server that was cloned has not logged what it was cloned
// with. So a transaction is errant if its number is above those that the master has reached in the domain, or
// the master has logged another one with this number, or earlier ones of the same server, or the replica has
// committed it itself since `before`. It also is if the master, which logs all, has logged nothing of the
// server in the domain, or only earlier ones, and others before and after that number: then it has logged all
// between. The
// one before counts if the replica has logged it, too: a server that was filled from a dump may have logged
// the dump with low numbers. What a replica without a binary log has committed is not known.
//
// Throws Error{invalid_argument} if what a server reports is not understood.
[[nodiscard]] std::optional<GtidLead> errant_transactions(const ErrantInput& input);

// What `one` has executed and `other` lacks: lead_by_gtid(), and of MariaDB servers, where positions show
// nothing, what errant_transactions() proves. `one` was read first. `found_logged`: as in GtidState, of
// `other`. Throws as lead_by_gtid().
[[nodiscard]] std::optional<GtidLead> proven_lead(const Instance& one, const Instance& other,
                                                  const std::vector<GtidList::Gtid>& found_logged = {});

// MariaDB: what `master` has, and a replica of it by GTID would never get: the replica has passed the numbers
// of these transactions, see in_doubt(), and what it has logged proves that it has others with these numbers,
// or none. `found_logged`: as in GtidState, of the replica. nullopt: nothing, or nothing is known to be.
// Throws as errant_transactions().
[[nodiscard]] std::optional<GtidLead> never_sent(const Instance& master, const Instance& replica,
                                                 const std::vector<GtidList::Gtid>& found_logged = {});

// MariaDB, both log all that they execute: the last transaction in the domain that both have logged, as far
// as the states of their logs tell; after it they have different ones, if they differ. nullopt: none is
// known.
[[nodiscard]] std::optional<GtidList::Gtid> last_common(const Instance& one, const Instance& other,
                                                        std::uint32_t domain);

// Whether masters send the replica only what comes after its position, whatever that has passed (MariaDB):
// see never_sent().
[[nodiscard]] bool follows_position(const Instance& replica) noexcept;

// Whether `other`, which lacks these transactions, may get them yet: it is connected to its master, and the
// server that has them did not commit them first (GtidLead::is_own).
[[nodiscard]] bool may_still_come(const GtidLead& lead, const Instance& other) noexcept;

// MariaDB: the transactions of `one` of which the numbers are passed on `other`, and of which it is unknown
// whether `other` has them. Its binary log tells, if another transaction with such a number is found there.
[[nodiscard]] std::vector<GtidList::Gtid> in_doubt(const Instance& one, const Instance& other);

// What the server has committed itself once, by its server_uuid (MariaDB: its server id), and has no more,
// but `other` has: it has lost the end of its binary log, or is an older copy. Servers skip the events of
// their own server id, so that replication does not bring it back. MariaDB: the number is above those that
// the server has reached in the domain; of a replica, also above those that it has logged itself. nullopt:
// nothing, or nothing is known to be; also without GTIDs. `other` was read before the server, or the server
// is no co-master. Throws as errant_transactions().
[[nodiscard]] std::optional<GtidLead> lost_by_itself(const Instance& server, const Instance& other);
[[nodiscard]] std::optional<GtidLead> lost_by_itself(const Instance& server, const GtidState& other);

// Why a server that has lost transactions which `other` has, see lost_by_itself(), cannot replicate from it.
// `committed`: how it had committed them.
[[nodiscard]] std::string describe_lost(const Instance& server, const GtidLead& lost, const Instance& other,
                                        std::string_view committed = "itself");

// The number of the errant transactions that are known of the instance; MariaDB: the largest possible one.
[[nodiscard]] std::uint64_t errant_count(const Instance& instance);

}  // namespace topo
