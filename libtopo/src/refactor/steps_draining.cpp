// The step that makes a replica execute what it has received.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "refactor/steps.h"
#include "topo/base/error.h"
#include "topo/topology/comparison.h"
#include "topo/topology/received.h"

namespace topo::refactor {
namespace {

bool is_at_end(const ReplicationState& state) {
  return state.channel && state.channel->exec == state.channel->read;
}

}  // namespace

// It has executed all that it has received, unless its master sends more just now.
ReplicationState Steps::stopped_at_end(const ServerState& server, const WantedState& wanted) {
  auto state = servers_.stop(server.former, wanted);
  if (state.channel && !is_at_end(state))
    state.channel->why_not_drained = "it received more while it was being stopped";
  return state;
}

ReplicationState Steps::drained(const DrainRelayLog& step) {
  auto& server = state_of(step.server);
  auto wanted = server.wanted;
  wanted.log_end = true;
  // Only the change of its master stops it.
  const auto runs_on = [&](ReplicationState state, std::string why) {
    if (is_at_end(state)) return stopped_at_end(server, wanted);
    if (state.channel) state.channel->why_not_drained = std::move(why);
    server.stopped = false;
    server.runs_on = true;
    return state;
  };
  const auto* former = server.former_channel();
  const auto delay = former == nullptr ? std::chrono::seconds(0) : former->sql_delay;
  if (step.lifts_delay && delay.count() > 0) {
    try {
      return drained_without_delay(server, wanted, delay);
    } catch (const Error& error) {
      if (!step.as_far_as_it_goes || error.code() == Code::unreachable) throw;
      if (server.lifted_delay.count() > 0) throw;
      return runs_on(servers_.start(server.former, server.threads()), error.what());
    }
  }
  if (step.as_far_as_it_goes && delay.count() > 0) {
    auto now = servers_.look(server.former, wanted);
    if (!now.channel || is_at_end(now)) return stopped_at_end(server, wanted);
    return runs_on(std::move(now), describe_delay(server.former));
  }
  try {
    if (!step.as_far_as_it_goes) return servers_.drain(server.former, wanted, {});
    return servers_.drain(server.former, wanted, [&](const BinlogCoordinates& received) {
      const std::lock_guard lock(mutex_);
      return std::ranges::any_of(fit_, [&](const auto& fit) {
        return fit.first >= step.standing && has_executed_to(fit.second, server.former, received);
      });
    });
  } catch (const Error& error) {
    if (!step.as_far_as_it_goes || error.code() == Code::unreachable) throw;
    return runs_on(servers_.resume(server.former, wanted), error.what());
  }
}

// Throws with the delay restored, or else with ServerState::lifted_delay set. Either way the server is
// stopped.
ReplicationState Steps::drained_without_delay(ServerState& server, const WantedState& wanted,
                                              std::chrono::seconds delay) {
  const auto restore = [&] {
    servers_.set_delay(server.former, delay);
    server.lifted_delay = {};
    note(server);
  };
  server.lifted_delay = delay;
  note(server);
  try {
    servers_.set_delay(server.former, {});
    static_cast<void>(servers_.drain(server.former, wanted, {}));
  } catch (const Error&) {
    restore();
    throw;
  }
  restore();
  return servers_.look(server.former, wanted);
}

void Steps::act(const DrainRelayLog& step) {
  auto& server = state_of(step.server);
  server.stopped = server.ran();
  note(server);
  take(server, drained(step));
  if (step.reads_gtids) {
    const auto now = servers_.read(step.server);
    server.former.executed_gtid_set = now.executed_gtid_set;
    server.former.logged_gtids = now.logged_gtids;
    server.former.read_only = now.read_only;
  }
  if (step.standing == 0 || server.runs_on) return;
  const std::lock_guard lock(mutex_);
  fit_.emplace_back(step.standing, server.now());
}

}  // namespace topo::refactor
