#include "common/background.h"

#include <spdlog/logger.h>

#include <chrono>

#include "common/session.h"
#include "common/signals.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::chrono::seconds retry_interval{3};

}  // namespace

bool start_background(Session& session, const StopSignals& signals, bool discover) {
  for (;;) {
    try {
      session.open();
      if (discover) session.discovery().start_continuous(session.node());
      return true;
    } catch (const topo::Error& error) {
      if (error.code() != topo::Code::backend) throw;
      session.log().error("{}; trying again in {} s", error.what(), retry_interval.count());
    }
    if (signals.wait_for(retry_interval)) return false;
  }
}

}  // namespace orchestrator
