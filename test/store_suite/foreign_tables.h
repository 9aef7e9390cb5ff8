// Backend tables as other releases of orchestrator left them.
#pragma once

#include <string>

#include "store/database.h"

namespace store_suite {

// The first releases: few columns, most without a default; aliases not unique. Includes some rows.
std::string early_tables(topo::store::Engine engine);
// The last release of the Go program: columns unknown to this program, on MySQL some without a default;
// ASCII names, compared case-insensitively. Includes some rows.
std::string late_tables(topo::store::Engine engine);

}  // namespace store_suite
