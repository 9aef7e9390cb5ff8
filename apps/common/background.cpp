#include "common/background.h"

#include <spdlog/logger.h>

#include <chrono>

#include "common/session.h"
#include "common/signals.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::chrono::seconds retry_interval{3};

// What the process before this one may have left.
void tell_unfinished(Session& session) {
  if (session.store().operations().unended().empty()) return;
  for (const auto& one : session.unfinished().list()) {
    const auto& operation = one.operation;
    if (operation.is_under_way) continue;
    session.log().warn("{} of {}, begun {} by {}, was not finished; `orchestrator -c unfinished` tells more",
                       operation.operation, operation.subject.display(), operation.begin, operation.owner);
    for (const auto& server : one.servers) session.log().warn("{}", server.state);
  }
}

void try_to_reload(Session& session) {
  try {
    static_cast<void>(session.reload());
  } catch (const std::exception& error) {
    session.log().error("The configuration stays as it was: {}", error.what());
  }
}

}  // namespace

bool start_background(Session& session, const Signals& signals, bool discover) {
  for (;;) {
    try {
      session.open();
      if (discover) session.discovery().start_continuous(session.node());
      tell_unfinished(session);
      return true;
    } catch (const topo::Error& error) {
      if (error.code() != topo::Code::backend) throw;
      session.log().error("{}; trying again in {} s", error.what(), retry_interval.count());
    }
    const auto signal = signals.wait_for(retry_interval);
    if (!signal) continue;
    if (!signals.asks_to_reload(*signal)) return false;
    try_to_reload(session);
  }
}

void wait_for_end(Session& session, const Signals& signals) {
  while (signals.asks_to_reload(signals.wait())) try_to_reload(session);
}

}  // namespace orchestrator
