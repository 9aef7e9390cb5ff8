// Reads what a change of a server is decided by.
#pragma once

#include <string>
#include <vector>

#include "inspect/facts.h"
#include "topo/base/instance_key.h"
#include "topo/model/instance.h"
#include "topo/mysql/connection.h"

namespace topo::inspect {

// The facts and the replication of a server, and the end of its binary log if `with_log_end`, in one request.
// `more` are statements without results that are sent along. Throws mysql::SqlError if the server refuses any
// of them: nothing is changed on facts that are unknown. A poll (Inspector) leaves out what is refused
// instead, and says so. Semi-synchronous replication may be refused here, too, and is unknown then.
[[nodiscard]] Instance read_server_state(mysql::Connection& connection, const InstanceKey& key,
                                         const ResolveHost& resolve, bool with_log_end,
                                         const std::vector<std::string>& more = {});

}  // namespace topo::inspect
