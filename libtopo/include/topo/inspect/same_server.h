// Whether two names lead to one server.
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

// Connects anew to both, as a kept connection leads to where its name led when it was made, and compares what
// is there (mysql::compare_servers). All of it ends by then, and in any case within
// MySQLConnectTimeoutSeconds and MySQLDiscoveryReadTimeoutSeconds. Throws Error as the constructor of
// mysql::Connection: that of `one` when neither answers.
[[nodiscard]] mysql::ServerComparison compare_servers(const Configuration& configuration, mysql::Pool& pool,
                                                      const InstanceKey& one, const InstanceKey& other,
                                                      std::optional<SteadyTime> end_by = std::nullopt);

// Whether both have the port in common, and the name service gives are_one_address() for them. False also
// when it does not answer within MySQLConnectTimeoutSeconds.
[[nodiscard]] bool lead_to_one_address(const Configuration& configuration, const InstanceKey& one,
                                       const InstanceKey& other);

// That a connection to either name goes to the same address: both have that one alone. Of several, a
// connection goes to any.
[[nodiscard]] bool are_one_address(std::span<const std::string> of_one,
                                   std::span<const std::string> of_other);

}  // namespace topo
