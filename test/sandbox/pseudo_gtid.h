// Pseudo-GTID entries from a server's event scheduler.
#pragma once

#include <chrono>

#include "sandbox/server.h"

namespace sandbox {

// Makes the server write, every `interval` (whole seconds), a statement without effect that is unique:
// "drop view if exists `meta`.`_pseudo_gtid_hint__UUID`", and note it in meta.pseudo_gtid_status, whose one
// row tells that entries come. Returns when the first has come. Of use on a server that takes writes: on its
// replicas the event exists too, but sleeps.
void inject_pseudo_gtid(Server& server, std::chrono::seconds interval = std::chrono::seconds(1));

}  // namespace sandbox
