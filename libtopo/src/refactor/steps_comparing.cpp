// What must hold before a server gives up its relay log, or its place as a master.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "refactor/logged_twins.h"
#include "refactor/steps.h"
#include "topo/base/error.h"
#include "topo/topology/errant.h"
#include "topo/topology/gtids.h"
#include "topo/topology/rules.h"

namespace topo::refactor {
namespace {

Doubts doubts_of(const ChangeMaster& step) {
  return step.demotes ? Doubts::all : Doubts::own;
}

}  // namespace

void Steps::require_executed(const ServerState& server) {
  auto stopped = server.now();
  const auto* former = server.former_channel();
  for (auto& channel : stopped.channels)
    if (former != nullptr && channel.name == former->name) channel.io_thread = former->io_thread;
  if (const auto refusal = why_not_delete_relay_log(stopped)) throw Error(refusal->code, refusal->reason);
}

// A change of master deletes the relay log.
void Steps::require_nothing_held(const ServerState& server, const InstanceKey& master) {
  const auto held = held_events(server.now());
  if (!held) return;
  const auto known = states_.find(master);
  if (known != states_.end() &&
      will_have(*held, server.replicating(), servers_.look(known->second.former).channel))
    return;
  throw Error(Code::refused,
              fmt::format("{}; {} may lack them, so that {} keeps its master and its relay log",
                          held->sentence, master.display(), server.former.key.display()));
}

// One read of a master for all replicas that move below it: what it has executed only grows.
const Instance& Steps::first_read(const InstanceKey& key) {
  const std::lock_guard lock(first_reads_mutex_);
  auto& read = first_reads_[key];
  if (!read) {
    read = servers_.read(key);
    for (auto& channel : read->channels) channel.received_gtids.clear();  // it may not get to execute them
  }
  return *read;
}

// By GTID a server accepts a replica that has more than itself, and the two then differ in silence. Returns
// whether the master was waited for.
bool Steps::require_nothing_ahead(const ChangeMaster& step, const Instance& replica) {
  constexpr std::chrono::milliseconds first_pause{5}, longest_pause{320};
  const auto lead_over = [&](const Instance& master) {
    return lead_by_logs(servers_, replica, master, doubts_of(step));
  };
  if (!lead_over(first_read(step.master))) return false;
  const auto deadline = std::chrono::steady_clock::now() + options_.match_wait;
  for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    const auto master = servers_.read(step.master);
    const auto lead = lead_over(master);
    if (!lead) return true;
    if (!may_still_come(*lead, master) || std::chrono::steady_clock::now() > deadline)
      refuse_difference(step, replica, master);
    std::this_thread::sleep_for(pause);
  }
}

// MariaDB: a master sends a replica only what comes after the position of that, whatever it has before it.
void Steps::require_nothing_hidden(const ChangeMaster& step, const Instance& replica) {
  const auto& master = first_read(step.master);
  if (never_sent_by_logs(servers_, master, replica)) refuse_difference(step, replica, master);
}

void Steps::refuse_difference(const ChangeMaster& step, const Instance& replica, const Instance& master) {
  const auto difference = difference_by_logs(servers_, replica, master, doubts_of(step));
  throw Error(Code::refused,
              fmt::format("{}; -allow-errant moves it there all the same, and the two differ then",
                          describe(difference, step.server, step.master)),
              results::errant_transactions);
}

// Rejoined, it would never get what it has lost.
void Steps::require_nothing_lost(const ChangeMaster& step, const Instance& server) {
  const auto& master = first_read(step.master);
  if (const auto lost = lost_by_itself(server, master))
    throw Error(Code::refused, describe_lost(server, *lost, master), results::errant_transactions);
  if (!step.by_gtid) return;
  if (const auto purged = why_not_by_purged_gtids(server, master))
    throw Error(purged->code, purged->reason, purged->result);
}

// MariaDB appends a Binlog_checkpoint event some time after it has begun a log: the log of a server that
// writes nothing may grow.
bool Steps::has_only_what(const ServerState& former_master, const InstanceKey& server) {
  return former_master.at_end && !lead_by_gtid(servers_.read(server), *former_master.at_end);
}

// What it has logged since then is nowhere else.
void Steps::require_nothing_logged(const ServerState& server) {
  const auto end = servers_.look(server.former, {.log_end = true}).log_end;
  if (end == server.log_end || has_only_what(server, server.former.key)) return;
  throw Error(
      Code::refused,
      fmt::format("{} has logged more since it became read-only, from {} to {}, which no other server "
                  "has: it is left without a master, and read-only",
                  server.former.key.display(), server.log_end.display(), end.display()),
      results::errant_transactions);
}

}  // namespace topo::refactor
