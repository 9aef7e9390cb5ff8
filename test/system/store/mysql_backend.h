// Servers as backends: one per flavour, shared by all tests that do not harm it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sandbox/server.h"
#include "sandbox/topology.h"
#include "topo/config/configuration.h"

namespace mysql_backend {

// An account with all privileges in one schema and none elsewhere.
inline constexpr std::string_view user = "store_user";
inline constexpr std::string_view password = "store's \\ password";

// Creates the schema and the account.
void make_schema(sandbox::Server& server, const std::string& name);
// A configuration with that schema as the backend.
topo::Configuration configuration(const sandbox::Server& server, const std::string& schema);

}  // namespace mysql_backend
