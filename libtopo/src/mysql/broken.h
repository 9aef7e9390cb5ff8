// Broken: thrown within mysql/ when a connection cannot be opened or continued. Connection converts it to
// SqlError.
#pragma once

#include <string>
#include <string_view>

#include "topo/base/error.h"
#include "topo/base/read_failure.h"

namespace topo::mysql {

struct Broken {
  Code code = Code::unreachable;
  unsigned number = 0;                         // from the client library's errmsg.h
  std::string reason;                          // to be placed after "db1:3306: "
  ReadFailure failure = ReadFailure::unknown;  // unknown: as SqlError concludes from code and number
};

// The server's data violates the protocol; `what` describes the data.
[[noreturn]] void throw_malformed(std::string_view what);

}  // namespace topo::mysql
