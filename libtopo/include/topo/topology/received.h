// What replicas had received once, and have no more. A server that recreates its relay logs
// (relay_log_recovery after a crash, RESET, a start by GTID on MariaDB) forgets what it had received and not
// executed. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topo/model/instance.h"

namespace topo {

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
