// What one server has and another lacks, by the GTIDs that both report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "topo/model/gtid_set.h"
#include "topo/model/instance.h"
#include "topo/topology/rules.h"

namespace topo {

// Transactions that one server has executed, and another has neither executed nor received.
struct GtidLead {
  std::uint64_t count = 0;  // MariaDB: the largest possible number
  std::string gtids;        // as servers write them: "3e11fa47-71ca-11e1-9e33-c80aa9429562:5-9", "0-1-16..18"
  bool is_own =
      false;  // all of them were first committed by the server that has them: they come from no other
};

// nullopt: `other` has all that `one` has executed. From MySQL's gtid_executed and Retrieved_Gtid_Set, and
// MariaDB's gtid_current_pos and Gtid_IO_Pos. Throws Error{refused} when they cannot be compared: one is a
// MariaDB server, the other is not, or what one reports is not understood. Pure.
[[nodiscard]] std::optional<GtidLead> lead_by_gtid(const Instance& one, const Instance& other);

// Whether its transactions have GTIDs: those of MariaDB always do, those of MySQL by gtid_mode.
[[nodiscard]] std::optional<Refusal> why_no_gtids(const Instance& instance);

// What a MySQL server has purged from its binary logs. Throws Error{refused} if that is not understood.
[[nodiscard]] GtidSet purged_gtids(const Instance& server);
// What a MySQL replica would not fetch from a new master by GTID: what it has executed, also when its
// `executed_gtid_set` was read before it executed the rest of its relay log. Throws Error{refused} if that is
// not understood.
[[nodiscard]] GtidSet fetched_and_executed(const Instance& replica);

// Whether `master` has purged transactions that `replica` would need from it by GTID (MySQL's gtid_purged).
// MySQL Reference Manual, "GTID Auto-Positioning".
[[nodiscard]] std::optional<Refusal> why_not_by_purged_gtids(const Instance& replica, const Instance& master);

// The GTIDs, shortened if the text is long.
[[nodiscard]] std::string shortened_gtids(std::string_view gtids);
// "3 transactions (3e11fa47-71ca-11e1-9e33-c80aa9429562:5-7)"; long sets are shortened.
[[nodiscard]] std::string describe(const GtidLead& lead);

}  // namespace topo
