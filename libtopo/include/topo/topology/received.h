// What replicas have received: what becomes of it when they execute it, and what they had received once, and
// have no more. A server that recreates its relay logs (relay_log_recovery after a crash, RESET, a start by
// GTID on MariaDB) forgets what it had received and not executed. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topo/model/instance.h"

namespace topo {

// The replica as draining its relay log would leave it, if it does not take too long: what it has received is
// executed. A broken SQL thread, or a delay that stays (`lifts_delay`: it is lifted meanwhile), leaves it as
// it is, with ReplicationChannel::why_not_drained.
[[nodiscard]] Instance as_drained(const Instance& replica, bool lifts_delay);

// Why a configured delay keeps it from executing what it has received, as a sentence that begins with "it".
[[nodiscard]] std::string describe_delay(const Instance& replica);

// The main channel has received less than it is known to have received of the same log.
[[nodiscard]] bool has_lost_received(const Instance& replica) noexcept;

// The same, as a sentence that begins with `subject` and names its master so; "": it has lost nothing. What
// it has lost arrives again if its master answers.
[[nodiscard]] std::string describe_lost_received(const Instance& replica, std::string_view subject,
                                                 std::string_view master);

// A sentence for each of `known`, replicas of one master, that is known to have received events of that
// master which none of `readable` is known to have, because it has lost them or cannot be read. `readable`:
// as they are now, with their relay logs. Nothing can be done about it, but the log of the master, if it can
// be read, has them.
[[nodiscard]] std::vector<std::string> received_by_none(const std::vector<KnownInstance>& known,
                                                        const std::vector<Instance>& readable);

}  // namespace topo
