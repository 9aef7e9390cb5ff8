#include "topo/base/error.h"

namespace topo {

std::string_view to_string(Code code) noexcept {
  switch (code) {
    case Code::invalid_argument: return "invalid_argument";
    case Code::not_found: return "not_found";
    case Code::refused: return "refused";
    case Code::locked: return "locked";
    case Code::unreachable: return "unreachable";
    case Code::sql: return "sql";
    case Code::timeout: return "timeout";
    case Code::backend: return "backend";
  }
  return "unknown";
}

}  // namespace topo
