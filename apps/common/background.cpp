#include "common/background.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "common/open_files.h"
#include "common/session.h"
#include "common/signals.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::chrono::seconds retry_interval{3};
constexpr std::chrono::seconds first_look{1}, look_interval{10};
// Minimum time between two reloads of the configuration.
constexpr std::chrono::milliseconds reload_interval{300};

// Reports the leftovers of earlier processes.
void tell_unfinished(Session& session) {
  if (session.store().operations().unended().empty()) return;
  for (const auto& one : session.unfinished().list()) {
    const auto& operation = one.operation;
    if (operation.is_under_way) continue;
    session.log().warn(fmt::format(
        "{} of {}, started {} by {}, was interrupted; for details run `orchestrator -c unfinished`",
        operation.title(), operation.subject.display(), operation.begin, operation.owner));
    for (const auto& server : one.servers) session.log().warn(server.state);
  }
}

void try_to_reload(Session& session) {
  try {
    static_cast<void>(session.reload());
  } catch (const std::exception& error) {
    session.log().error(fmt::format("The configuration stays as it was: {}", error.what()));
  }
}

// Warns again when the number of known instances has grown by a quarter.
void warn_of_open_files(Session& session, const Capacity& capacity, std::size_t& reported) {
  try {
    const auto instances = session.discovery().statistics().instances;
    if (reported > 0 && instances < reported + reported / 4) return;
    const auto why = why_too_few_open_files(capacity.open_files, instances, capacity.clients);
    if (!why) return;
    session.log().warn(*why);
    reported = std::max<std::size_t>(instances, 1);
  } catch (const topo::Error&) {  // the backend is not open yet: nothing is polled
  }
}

// Retries until it succeeds or is asked to stop.
void open_and_discover(Session& session, bool discover, const std::stop_token& stop) {
  std::mutex sleeping;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    try {
      session.open();
      if (discover) session.discovery().start_continuous(session.node());
      tell_unfinished(session);
      return;
    } catch (const topo::Error& error) {
      if (error.code() != topo::Code::backend) throw;
      if (stop.stop_requested()) return;
      session.log().error(fmt::format("{}; trying again in {} s", error.what(), retry_interval.count()));
    }
    std::unique_lock lock(sleeping);
    wake.wait_for(lock, stop, retry_interval, [] { return false; });
  }
}

}  // namespace

void run_until_stopped(Session& session, const Signals& signals, bool discover, const Capacity& capacity) {
  std::exception_ptr failure;
  std::jthread opening([&](const std::stop_token& stop) {
    try {
      open_and_discover(session, discover, stop);
    } catch (...) {
      failure = std::current_exception();
      Signals::raise_stop();
    }
  });
  std::size_t reported = 0;
  for (auto pause = first_look;; pause = std::min(pause * 2, look_interval)) {
    const auto signal = signals.wait_for(pause);
    if (!signal && discover) warn_of_open_files(session, capacity, reported);
    if (!signal) continue;
    if (!signals.asks_to_reload(*signal)) break;
    try_to_reload(session);
    if (signals.wait_for_end(reload_interval)) break;
  }
  opening.request_stop();
  session.begin_to_end();
  opening.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace orchestrator
