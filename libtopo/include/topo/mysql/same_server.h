// Whether two connections lead to one server, by proof rather than by what servers say of themselves: host
// name, port, server_id and server_uuid of cloned machines are equal.
#pragma once

#include "topo/mysql/connection.h"

namespace topo::mysql {

enum class Sameness {
  same,
  different,
  unknown,  // one of them does not tell: no server that has GET_LOCK(), or one that gives odd answers
};

// Takes a lock with a random name over each connection, and asks over the other connection who holds it. Only
// one server that both lead to can name the right connection both times, whatever else two servers have in
// common; neither of two can pretend to be the other without an account there. Needs no privilege; the locks
// are in the server's memory alone and are released again. A lock that a connection held before is lost on
// servers before MySQL 5.7.5 and MariaDB 10.0.2. Throws SqlError when a connection is lost.
[[nodiscard]] Sameness compare_servers(Connection& one, Connection& other);

}  // namespace topo::mysql
