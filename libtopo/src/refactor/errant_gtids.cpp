#include "topo/refactor/errant_gtids.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "refactor/logged_twins.h"
#include "topo/base/error.h"

namespace topo::refactor {
namespace {

// Whether a master of `replica` replicates from it, over others if need be.
bool is_below_itself(Servers& servers, const Instance& replica) {
  constexpr int longest = 8;
  auto above = replica.master_key();
  for (int depth = 0; above && depth < longest; ++depth) {
    if (*above == replica.key) return true;
    above = servers.read(*above).master_key();
  }
  return false;
}

std::vector<Instance> read_masters(Servers& servers, const Instance& replica) {
  std::vector<Instance> masters;
  for (const auto& channel : replica.channels) {
    if (!replica.is_in_use(channel) || !channel.master) continue;
    auto master = servers.read(*channel.master);
    if (const auto refusal = why_no_gtids(master)) throw Error(refusal->code, refusal->reason);
    if (is_mariadb(master.version) != is_mariadb(replica.version) || master.is_binlog_server) {
      throw Error(
          Code::refused,
          fmt::format("The GTIDs of {} and {} cannot be compared: they are servers of different kinds",
                      replica.key.display(), master.key.display()));
    }
    masters.push_back(std::move(master));
  }
  return masters;
}

}  // namespace

std::optional<GtidLead> errant_gtids(Servers& servers, const InstanceKey& key,
                                     const std::optional<Instance>& stored) {
  const auto replica = servers.read(key);
  if (const auto refusal = why_no_gtids(replica)) throw Error(refusal->code, refusal->reason);
  if (!replica.is_replica()) return std::nullopt;
  const auto state = gtid_state_of(replica);
  const auto before = stored ? std::optional(gtid_state_of(*stored)) : std::nullopt;
  const auto errant = [&] {
    const auto masters = read_masters(servers, replica);
    std::vector<GtidState> states;
    for (const auto& master : masters) states.push_back(gtid_state_of(master));
    ErrantInput input{.replica = state, .earlier = &state};
    if (before) input.before = &*before;
    if (stored) input.known = stored->errant_gtids;
    for (const auto& one : states) input.masters.push_back(&one);
    auto found = errant_transactions(input);
    if (!found) {
      for (std::size_t i = 0; i < masters.size(); ++i)
        states[i].found_logged = logged_twins(servers, replica, masters[i], Doubts::all);
      found = errant_transactions(input);
    }
    if (!found) return found;
    input.is_in_ring = is_below_itself(servers, replica);
    return errant_transactions(input);
  };
  auto found = errant();
  if (!found) return found;
  std::this_thread::sleep_for(commit_time);
  return errant();
}

}  // namespace topo::refactor
