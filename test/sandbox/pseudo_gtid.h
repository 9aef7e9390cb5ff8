// Pseudo-GTID entries, written by a server's event scheduler.
#pragma once

#include <chrono>

#include "sandbox/server.h"

namespace sandbox {

// Makes the server write a unique statement without effect every `interval` (whole seconds), "drop view if
// exists `meta`.`_pseudo_gtid_hint__UUID`", and record it in the only row of meta.pseudo_gtid_status. Returns
// after the first entry. Use it on a writable server: the event replicates, but is disabled on replicas.
void inject_pseudo_gtid(Server& server, std::chrono::seconds interval = std::chrono::seconds(1));

}  // namespace sandbox
