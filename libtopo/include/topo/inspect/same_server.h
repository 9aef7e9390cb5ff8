// Whether two names lead to one server.
#pragma once

#include "topo/base/instance_key.h"
#include "topo/mysql/same_server.h"

namespace topo {

struct Configuration;

// Connects anew to both, as a kept connection leads to where its name led when it was made, and compares what
// is there (mysql::compare_servers). Throws Error as the constructor of mysql::Connection: that of `one` when
// neither answers.
[[nodiscard]] mysql::Sameness compare_servers(const Configuration& configuration, const InstanceKey& one,
                                              const InstanceKey& other);

}  // namespace topo
