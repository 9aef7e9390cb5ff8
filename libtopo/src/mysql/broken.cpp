#include "mysql/broken.h"

#include <errmsg.h>
#include <fmt/format.h>

namespace topo::mysql {

void throw_malformed(std::string_view what) {
  throw Broken{Code::sql, CR_MALFORMED_PACKET, fmt::format("it sent a malformed packet: {}", what)};
}

}  // namespace topo::mysql
