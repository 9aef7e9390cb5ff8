// Fuzz targets: functions of bytes that nobody wrote as they are. Each throws std::logic_error, which says
// what is odd about the outcome, and returns whether the bytes were of use.
#pragma once

#include <string_view>

namespace fuzz {

// A configuration file: it is read, or an error; the same when what was read is written and read again.
bool configuration(std::string_view bytes);
// A credentials file in the form of my.cnf.
bool credentials(std::string_view bytes);
// The text of a query, a cluster filter, a hook.
bool configured_text(std::string_view bytes);

}  // namespace fuzz
