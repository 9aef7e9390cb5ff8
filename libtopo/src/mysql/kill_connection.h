// Ends a connection of another client.
#pragma once

#include <cstdint>

#include "topo/mysql/connection.h"

namespace topo::mysql {

// KILL (MySQL manual, "KILL Statement"): needs no privilege for connections of the same account. No error if
// the connection `id` has ended already. Throws SqlError.
void kill_connection(Connection& connection, std::uint64_t id);

}  // namespace topo::mysql
