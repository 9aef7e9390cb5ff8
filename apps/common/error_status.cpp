#include "common/error_status.h"

namespace orchestrator {

ErrorStatus status_of(topo::Code code) noexcept {
  switch (code) {
    case topo::Code::invalid_argument: return {1, 400};
    case topo::Code::not_found: return {1, 404};
    case topo::Code::refused: return {1, 409};
    case topo::Code::locked: return {1, 423};
    case topo::Code::unreachable: return {1, 502};
    case topo::Code::sql: return {1, 502};
    case topo::Code::timeout: return {1, 504};
    case topo::Code::backend:
    case topo::Code::busy: return {1, 503};
  }
  return {1, 500};
}

}  // namespace orchestrator
