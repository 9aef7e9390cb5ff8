// Tables as other releases of orchestrator left them in a backend.
#pragma once

#include <string>

#include "store/database.h"

namespace store_suite {

// Of the first releases: few columns, most of them without a default; no unique aliases. Some rows.
std::string early_tables(topo::store::Engine engine);
// Of the last release of the Go program: columns that this one does not know, on MySQL some without a
// default; names in ASCII, which compare without case. Some rows.
std::string late_tables(topo::store::Engine engine);

}  // namespace store_suite
