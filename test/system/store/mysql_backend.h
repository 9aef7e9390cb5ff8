// Servers as backends: one of each flavour for all tests that do not harm it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sandbox/server.h"
#include "sandbox/topology.h"
#include "topo/config/configuration.h"

namespace mysql_backend {

// An account that may do all in one schema and nothing else.
inline constexpr std::string_view user = "store_user";
inline constexpr std::string_view password = "store's \\ password";

// Makes the schema and the account for it.
void make_schema(sandbox::Server& server, const std::string& name);
// What names that schema as the backend.
topo::Configuration configuration(const sandbox::Server& server, const std::string& schema);

}  // namespace mysql_backend
