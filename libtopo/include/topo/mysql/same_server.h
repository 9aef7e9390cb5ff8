// Determines whether two connections lead to one server, by proof. Reported identities are not proof: host
// name, port, server_id and server_uuid of cloned machines are equal.
#pragma once

#include <string>

#include "topo/mysql/connection.h"

namespace topo::mysql {

enum class Sameness {
  same,
  different,
  unknown,  // neither is proven
};

struct ServerComparison {
  Sameness sameness = Sameness::unknown;
  std::string reason;  // for `unknown`, as part of a message
};

// Takes a lock with a random name over each connection, and asks over the other connection which connection
// holds the lock. This shows that both reach one server, but possibly through a relay that has an account
// there and forwards such queries. Each connection must therefore also appear, over the other connection,
// with this process's own address and port, which only that server can report correctly. Behind NAT or a
// proxy nothing is proven, unless both connections lead to one address and port.
// Needs no privilege. The locks exist only in the server's memory and are released again; servers before
// MySQL 5.7.5 and MariaDB 10.0.2 drop a lock that a connection held before. Throws SqlError when a connection
// is lost, Error{timeout} or {unreachable} if a host name reported by a server cannot be looked up.
[[nodiscard]] ServerComparison compare_servers(Connection& one, Connection& other);

}  // namespace topo::mysql
