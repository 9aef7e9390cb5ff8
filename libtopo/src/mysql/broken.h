// Broken: thrown within mysql/ when a connection cannot be made or gone on with. Connection makes a SqlError
// of it.
#pragma once

#include <string>
#include <string_view>

#include "topo/base/error.h"

namespace topo::mysql {

struct Broken {
  Code code = Code::unreachable;
  unsigned number = 0;  // one of the client library's errmsg.h
  std::string reason;   // what fits behind "db1:3306: "
};

// What a server sent is not of the protocol: `what` it is.
[[noreturn]] void throw_malformed(std::string_view what);

}  // namespace topo::mysql
