// Whether two connections lead to one server, by proof rather than by what servers say of themselves: host
// name, port, server_id and server_uuid of cloned machines are equal.
#pragma once

#include <string>

#include "topo/mysql/connection.h"

namespace topo::mysql {

enum class Sameness {
  same,
  different,
  unknown,  // there is no proof of either
};

struct ServerComparison {
  Sameness sameness = Sameness::unknown;
  std::string reason;  // of `unknown`, for a message
};

// Takes a lock with a random name over each connection, and asks over the other connection who holds it. That
// shows that both reach one server, be it through somebody who only relays such questions to it with an
// account there. So each connection must also be shown, over the other one, as coming from this process's own
// address and port, which only that server can tell rightly; behind NAT or a proxy, nothing is proven
// unless both are made to one address and port. Needs no privilege; the locks are in the server's memory
// alone and are released again. A lock that a connection held before is lost on servers before MySQL 5.7.5
// and MariaDB 10.0.2. Throws SqlError when a connection is lost, Error{timeout} or {unreachable} when a host
// name that a server shows cannot be looked up.
[[nodiscard]] ServerComparison compare_servers(Connection& one, Connection& other);

}  // namespace topo::mysql
