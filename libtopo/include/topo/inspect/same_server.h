// Determines whether two names lead to one server.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "topo/base/clock.h"
#include "topo/base/instance_key.h"
#include "topo/mysql/same_server.h"

namespace topo {

struct Configuration;
namespace mysql {
class Pool;
}

// Opens new connections to both and compares the servers (mysql::compare_servers); a pooled connection leads
// to the address that its name had when it was opened. Ends by `end_by`, and in any case within
// MySQLConnectTimeoutSeconds and MySQLDiscoveryReadTimeoutSeconds. Throws Error like the constructor of
// mysql::Connection; if neither answers, the error of `one`.
[[nodiscard]] mysql::ServerComparison compare_servers(const Configuration& configuration, mysql::Pool& pool,
                                                      const InstanceKey& one, const InstanceKey& other,
                                                      std::optional<SteadyTime> end_by = std::nullopt);

// True if both have the same port, and are_one_address() is true for the addresses that the name service
// returns. False also if the name service does not answer within MySQLConnectTimeoutSeconds.
[[nodiscard]] bool lead_to_one_address(const Configuration& configuration, const InstanceKey& one,
                                       const InstanceKey& other);

// True if each has exactly one address, the same. With several addresses, a connection may go to any of them.
[[nodiscard]] bool are_one_address(std::span<const std::string> of_one,
                                   std::span<const std::string> of_other);

}  // namespace topo
