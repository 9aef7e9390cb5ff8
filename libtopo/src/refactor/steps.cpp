#include "refactor/steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "topo/base/error.h"

namespace topo::refactor {
namespace {

// Another client may have moved the server since it was read.
void take(Track& server, Stand stand) {
  const auto* then = server.then.replication();
  const bool is_same =
      then == nullptr ? !stand.channel : stand.channel && stand.channel->master == then->master;
  if (!is_same) {
    throw Error(
        Code::refused,
        fmt::format("{} was moved by another client meanwhile: it replicates from {}, no longer from {}",
                    server.then.key.display(), stand.channel ? stand.channel->master.display() : "nobody",
                    then == nullptr ? "nobody" : then->master.display()));
  }
  if (!server.heartbeat) server.heartbeat = stand.heartbeat;
  server.hear(std::move(stand));
}

bool stands_still_at(const ReplicationChannel& now, const ReplicationChannel& was) {
  return now.master == was.master && now.unusable_master == was.unusable_master && now.exec == was.exec &&
         now.io_thread == ThreadState::stopped && now.sql_thread == ThreadState::stopped;
}

}  // namespace

const ReplicationChannel& Track::replicating() const {
  if (!stand.channel) throw Error(Code::refused, fmt::format("{} does not replicate", then.key.display()));
  return *stand.channel;
}

bool Track::ran() const {
  const auto* channel = channel_then();
  return channel != nullptr &&
         (channel->io_thread != ThreadState::stopped || channel->sql_thread != ThreadState::stopped);
}

void Track::hear(Stand said) {
  stand = std::move(said);
  if (!stand.log_end.empty()) log_end = stand.log_end;
}

mysql::Threads Track::threads() const {
  const auto* channel = channel_then();
  if (channel == nullptr || wants_both) return mysql::Threads::both;
  if (channel->io_thread == ThreadState::stopped) return mysql::Threads::sql;
  if (channel->sql_thread == ThreadState::stopped) return mysql::Threads::io;
  return mysql::Threads::both;
}

Instance Track::now() const {
  Instance now = then;
  const bool was_heard = stand.channel || channel_then() == nullptr || is_forgotten;
  if (!log_end.empty()) now.self_coordinates = log_end;
  if (!was_heard) return now;
  const auto name = then.replication() == nullptr ? "" : then.replication()->name;
  std::erase_if(now.channels, [&](const auto& channel) { return channel.name == name; });
  if (stand.channel) now.channels.push_back(*stand.channel);
  if (const auto* channel = now.replication()) now.slave_lag = channel->seconds_behind_master;
  return now;
}

Steps::Steps(Servers& servers, const Plan& plan,
             const std::unordered_map<InstanceKey, Instance>& servers_then, const ExecutionOptions& options,
             spdlog::logger& log)
    : servers_(servers), options_(options), matcher_(servers, options, log) {
  for (const auto& [key, instance] : servers_then) {
    tracks_[key].then = instance;
    tracks_[key].replicated = instance.is_replica();
  }
  learn(plan);
}

void Steps::learn(const Plan& plan) {
  for (std::size_t i = 0; i < plan.strands.size(); ++i) {
    const auto& strand = plan.strands[i];
    const auto note = [&](const InstanceKey& key) {
      const auto found = tracks_.find(key);
      if (found == tracks_.end()) return;
      found->second.strand = static_cast<int>(i);
      // The decision may change its master.
      if (plan.decide) found->second.wanted.heartbeat = true;
    };
    if (plan.decide) note(strand.replica);
    for (const auto& step : strand.move) note(server_of(step));
  }
  for_each_step(plan, [this](const Step& step) { note_wanted(step); });
}

Track& Steps::track(const InstanceKey& key) {
  const auto found = tracks_.find(key);
  if (found == tracks_.end())
    throw Error(Code::not_found, fmt::format("The plan has no former state of {}", key.display()));
  return found->second;
}

// Notes the coordinates that the step needs, and the settings that a change of master would lose.
void Steps::note_wanted(const Step& step) {
  const auto note = [this](const Place& place) {
    const auto found = tracks_.find(place.of);
    if (found != tracks_.end() && place.kind == Place::Kind::log_end) found->second.wanted.log_end = true;
  };
  if (const auto* run = std::get_if<RunUntil>(&step)) note(run->until);
  if (const auto* wait = std::get_if<WaitUntil>(&step)) note(wait->until);
  const auto want_heartbeat = [this](const InstanceKey& key) {
    if (const auto found = tracks_.find(key); found != tracks_.end()) found->second.wanted.heartbeat = true;
  };
  if (const auto* detach = std::get_if<Detach>(&step)) want_heartbeat(detach->server);
  if (const auto* reattach = std::get_if<Reattach>(&step)) want_heartbeat(reattach->server);
  if (const auto* change = std::get_if<ChangeMaster>(&step)) {
    if (!change->by_gtid) note(change->from);
    const bool is_matched = !change->by_gtid && change->from.kind == Place::Kind::matched;
    if (const auto own = tracks_.find(change->server); is_matched && own != tracks_.end())
      own->second.wanted.log_end = true;
    want_heartbeat(change->server);
  }
}

// Threads that do not run are noted as such: a rollback must not start them.
void Steps::note(const Track& server) const {
  if (!options_.note) return;
  OperationServer noted;
  noted.key = server.then.key;
  noted.strand = server.strand;
  if (const auto* channel = server.channel_then()) {
    noted.master = channel->master;
    noted.channel = channel->name;
    noted.by_gtid = channel->using_oracle_gtid || channel->using_mariadb_gtid;
    noted.ran_io = channel->io_thread != ThreadState::stopped;
    noted.ran_sql = channel->sql_thread != ThreadState::stopped;
  }
  noted.heartbeat = server.heartbeat;
  noted.changed = server.changed;
  noted.former_place = server.former_place;
  noted.new_place = server.new_place;
  noted.connection = servers_.connection_to(noted.key);
  options_.note(noted);
}

void Steps::carry_out(const Step& step) {
  std::visit([this](const auto& one) { act(one); }, step);
}

void Steps::act(const StopReplication& step) {
  auto& server = track(step.server);
  if (server.channel_then() == nullptr) {
    take(server, servers_.look(server.then, server.wanted));
    return;
  }
  server.stopped = server.ran();
  note(server);
  take(server, servers_.stop(server.then, server.wanted));
}

BinlogCoordinates Steps::place(const Place& place) {
  if (place.kind == Place::Kind::executed) return executed(place.of);
  auto& server = track(place.of);
  // A server that the plan does not stop has not reported its log's end yet.
  if (server.log_end.empty()) server.hear(servers_.look(server.then, server.wanted));
  if (server.log_end.empty())
    throw Error(Code::refused, fmt::format("{} has no binary log", place.of.display()));
  return server.log_end;
}

BinlogCoordinates Steps::matched(const InstanceKey& replica, const InstanceKey& other) {
  auto& server = track(replica);
  static_cast<void>(server.replicating());
  return matcher_.place(server.then, server.stand, track(other).then);
}

void Steps::act(const RunUntil& step) {
  run_until(step.server, place(step.until));
}

void Steps::act(const CatchUp& step) {
  auto target = executed(step.server);
  for (const auto& other : step.others) {
    // A replica that could not be stopped no longer counts.
    if (const auto& stand = track(other).stand; stand.channel) target = std::max(target, stand.channel->exec);
  }
  run_until(step.server, target);
}

void Steps::run_until(const InstanceKey& key, const BinlogCoordinates& target) {
  auto& server = track(key);
  const auto& now = executed(key);
  if (now == target) return;
  if (target < now) {
    throw Error(Code::refused, fmt::format("{} has already executed up to {}, beyond {}", key.display(),
                                           now.display(), target.display()));
  }
  server.stopped = true;
  server.hear(servers_.run_until(server.then, target, {.log_end = server.wanted.log_end}));
}

void Steps::act(const WaitUntil& step) {
  auto& server = track(step.server);
  server.hear(servers_.wait_for(server.then, place(step.until)));
}

// A client that ignores locks may have started or moved the server: with outdated coordinates it would
// execute transactions twice, or not at all.
void Steps::require_untouched(Track& server, const InstanceKey& master) {
  if (options_.require_held) options_.require_held(server.then.key, master);
  const auto& heard = server.stand.channel;
  const auto* then = server.is_forgotten ? nullptr : server.then.replication();
  const auto* was = heard ? &*heard : then;
  const auto now = servers_.look(server.then).channel;
  const bool has_master = now && now->has_master();
  if (was == nullptr ? !has_master : has_master && stands_still_at(*now, *was)) return;
  const auto state = has_master
                         ? fmt::format("{}below {}, with its SQL thread {}",
                                       now->exec.empty() ? "" : fmt::format("at {} ", now->exec.display()),
                                       now->master.display(),
                                       now->sql_thread == ThreadState::stopped ? "stopped" : "running")
                         : "without a master";
  server.interference =
      fmt::format("another client has started or moved {} meanwhile; it is left as it is: {}",
                  server.then.key.display(), state);
  throw Error(Code::refused, server.interference);
}

void Steps::act(const ChangeMaster& step) {
  auto& server = track(step.server);
  mysql::MasterChange change;
  change.master = step.master;
  change.heartbeat = server.heartbeat;
  if (step.with_account) change.account = options_.account;
  if (!step.by_gtid) {
    server.new_place =
        step.from.kind == Place::Kind::matched ? matched(step.server, step.from.of) : place(step.from);
    if (server.new_place.file.empty())
      throw Error(Code::refused, fmt::format("No coordinates are known for {} in the binary log of {}",
                                             step.server.display(), step.master.display()));
    change.from = server.new_place;
  }
  require_untouched(server, step.master);
  if (server.stand.channel) server.former_place = server.stand.channel->exec;
  server.changed = server.change_unanswered = true;
  note(server);
  servers_.change_master(server.then, change);
  server.change_unanswered = false;
}

Stand Steps::drained(const DrainRelayLog& step) {
  auto& server = track(step.server);
  auto wanted = server.wanted;
  wanted.log_end = true;
  const bool is_delayed = server.channel_then() != nullptr && server.channel_then()->sql_delay.count() > 0;
  if (step.as_far_as_it_goes && is_delayed) return servers_.stop(server.then, wanted);
  try {
    return servers_.drain(server.then, wanted);
  } catch (const Error& error) {
    if (!step.as_far_as_it_goes || error.code() == Code::unreachable) throw;
    return servers_.stop(server.then, wanted);
  }
}

void Steps::act(const DrainRelayLog& step) {
  auto& server = track(step.server);
  server.stopped = server.ran();
  note(server);
  take(server, drained(step));
}

void Steps::act(const ForgetMaster& step) {
  auto& server = track(step.server);
  require_untouched(server, {});
  servers_.forget_master(server.then);
  server.stand.channel.reset();
  server.is_forgotten = true;
}

void Steps::act(const Detach& step) {
  change_place(step.server, detached_coordinates(executed(step.server)));
}
void Steps::act(const Reattach& step) {
  const auto& now = executed(step.server);
  change_place(step.server, attached_coordinates(now).value_or(now));
}
void Steps::change_place(const InstanceKey& key, const BinlogCoordinates& place) {
  auto& server = track(key);
  require_untouched(server, {});
  server.former_place = executed(key);
  server.new_place = place;
  server.changed = true;
  note(server);
  servers_.change_place(server.then, place, server.heartbeat);
}

void Steps::act(const SkipTransaction& step) {
  servers_.skip_transaction(track(step.server).then);
}

void Steps::act(const StayStopped& step) {
  track(step.server).stopped = false;
}

void Steps::act(const SetReadOnly& step) {
  auto& server = track(step.server);
  servers_.set_read_only(server.then, step.read_only);
  server.then.read_only = step.read_only;
}

void Steps::act(const KillQuery& step) {
  servers_.kill_query(track(step.server).then, step.process);
}

void Steps::act(const StartReplication& step) {
  auto& server = track(step.server);
  const bool was_none = server.channel_then() == nullptr;
  if (!step.both && !server.stopped && !was_none) return;  // it was stopped before the plan
  if (options_.require_held) options_.require_held(step.server, {});
  server.wants_both = step.both;
  server.stand = servers_.start(server.then, server.threads());
  server.started = true;
  server.stopped = false;
}

}  // namespace topo::refactor
