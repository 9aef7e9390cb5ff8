#include "refactor/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "refactor/compare_gtids.h"
#include "refactor/logged_twins.h"
#include "refactor/pending_transactions.h"
#include "topo/base/error.h"
#include "topo/mysql/dialect.h"
#include "topo/mysql/semi_sync.h"
#include "topo/topology/errant.h"
#include "topo/topology/rules.h"

namespace topo::refactor {

void take(ServerState& server, ReplicationState replication) {
  const auto* former = server.changed && server.replication.channel ? &*server.replication.channel
                                                                    : server.former.replication();
  const bool is_same = former == nullptr
                           ? !replication.channel
                           : replication.channel && replication.channel->master == former->master;
  if (!is_same) {
    throw Error(
        Code::refused,
        fmt::format("{} was moved by another client meanwhile: it replicates from {}, no longer from {}",
                    server.former.key.display(),
                    replication.channel ? display_of(replication.channel->master) : "nobody",
                    former == nullptr ? "nobody" : display_of(former->master)));
  }
  if (!server.heartbeat) server.heartbeat = replication.heartbeat;
  server.update(std::move(replication));
}

namespace {

// MariaDB does not report a true position after it was changed back to GTID, see parse_replica_status().
bool stands_still_at(const ReplicationChannel& now, const ReplicationChannel& was) {
  const bool is_there = now.exec == was.exec || (now.exec.empty() && now.read == was.read);
  return now.master == was.master && now.unusable_master == was.unusable_master && is_there &&
         now.io_thread == ThreadState::stopped && now.sql_thread == ThreadState::stopped;
}

}  // namespace

const ReplicationChannel& ServerState::replicating() const {
  if (!replication.channel)
    throw Error(Code::refused, fmt::format("{} does not replicate", former.key.display()));
  return *replication.channel;
}

bool ServerState::ran() const {
  const auto* channel = former_channel();
  return channel != nullptr &&
         (channel->io_thread != ThreadState::stopped || channel->sql_thread != ThreadState::stopped);
}

void ServerState::update(ReplicationState said) {
  replication = std::move(said);
  if (!replication.log_end.empty()) log_end = replication.log_end;
}

mysql::Threads ServerState::threads() const {
  const auto* channel = former_channel();
  if (channel == nullptr || wants_both) return mysql::Threads::both;
  if (channel->io_thread == ThreadState::stopped) return mysql::Threads::sql;
  if (channel->sql_thread == ThreadState::stopped) return mysql::Threads::io;
  return mysql::Threads::both;
}

Instance ServerState::now() const {
  Instance now = former;
  const bool was_heard = replication.channel || former_channel() == nullptr || is_forgotten;
  if (!log_end.empty()) now.self_coordinates = log_end;
  if (!was_heard) return now;
  const auto name = former.replication() == nullptr ? "" : former.replication()->name;
  std::erase_if(now.channels, [&](const auto& channel) { return channel.name == name; });
  if (replication.channel) now.channels.push_back(*replication.channel);
  return now;
}

Steps::Steps(Servers& servers, const Plan& plan,
             const std::unordered_map<InstanceKey, Instance>& former_servers, const ExecutionOptions& options,
             spdlog::logger& log)
    : servers_(servers), options_(options), matcher_(servers, options, log) {
  for (const auto& [key, instance] : former_servers) {
    states_[key].former = instance;
    states_[key].replicated = instance.is_replica();
  }
  note_requirements(plan);
}

void Steps::note_requirements(const Plan& plan) {
  for (std::size_t i = 0; i < plan.replica_steps.size(); ++i) {
    const auto& steps = plan.replica_steps[i];
    const auto note = [&](const InstanceKey& key) {
      const auto found = states_.find(key);
      if (found == states_.end()) return;
      found->second.steps = i;
      // The decision may change its master.
      if (plan.decide) found->second.wanted.heartbeat = true;
    };
    if (plan.decide) note(steps.replica);
    for (const auto& step : steps.move) note(server_of(step));
  }
  for_each_step(plan, [this](const Step& step) { note_requirement(step); });
}

ServerState& Steps::state_of(const InstanceKey& key) {
  const auto found = states_.find(key);
  if (found == states_.end())
    throw Error(Code::not_found, fmt::format("The plan has no former state of {}", key.display()));
  return found->second;
}

// Notes the coordinates that the step needs, and the settings that a change of master would lose.
void Steps::note_requirement(const Step& step) {
  const auto note = [this](const PlanCoordinates& coordinates) {
    const auto found = states_.find(coordinates.of);
    if (found != states_.end() && coordinates.kind == PlanCoordinates::Kind::log_end)
      found->second.wanted.log_end = true;
  };
  if (const auto* run = std::get_if<RunUntil>(&step)) note(run->until);
  if (const auto* wait = std::get_if<WaitUntil>(&step)) note(wait->until);
  const auto want_heartbeat = [this](const InstanceKey& key) {
    if (const auto found = states_.find(key); found != states_.end()) found->second.wanted.heartbeat = true;
  };
  if (const auto* detach = std::get_if<Detach>(&step)) want_heartbeat(detach->server);
  if (const auto* reattach = std::get_if<Reattach>(&step)) want_heartbeat(reattach->server);
  if (const auto* change = std::get_if<ChangeMaster>(&step)) {
    if (!change->by_gtid) note(change->from);
    if (const auto own = states_.find(change->server); change->demotes && own != states_.end())
      own->second.wanted.log_end = true;
    const bool is_matched = !change->by_gtid && change->from.kind == PlanCoordinates::Kind::matched;
    if (const auto own = states_.find(change->server); is_matched && own != states_.end())
      own->second.wanted.log_end = true;
    want_heartbeat(change->server);
  }
}

// Threads that do not run are noted as such: a rollback must not start them.
void Steps::note(const ServerState& server) const {
  if (!options_.note) return;
  OperationServer noted;
  noted.key = server.former.key;
  noted.steps = server.steps;
  if (const auto* channel = server.former_channel()) {
    noted.master = channel->master;
    noted.channel = channel->name;
    noted.by_gtid = channel->using_oracle_gtid || channel->using_mariadb_gtid;
    noted.ran_io = channel->io_thread != ThreadState::stopped;
    noted.ran_sql = channel->sql_thread != ThreadState::stopped;
  }
  noted.heartbeat = server.heartbeat;
  noted.lifted_delay = server.lifted_delay;
  noted.changed = server.changed;
  noted.former_read_only = server.former_read_only;
  noted.stopped_events = server.stopped_events;
  noted.former_coordinates = server.former_coordinates;
  noted.new_coordinates = server.new_coordinates;
  noted.gtids = server.gtids;
  noted.connection = servers_.connection_to(noted.key);
  options_.note(noted);
}

void Steps::carry_out(const Step& step) {
  std::visit([this](const auto& one) { act(one); }, step);
}

void Steps::act(const StopReplication& step) {
  auto& server = state_of(step.server);
  if (server.former_channel() == nullptr) {
    take(server, servers_.look(server.former, server.wanted));
    return;
  }
  server.stopped = server.ran();
  server.started = false;
  note(server);
  take(server, servers_.stop(server.former, server.wanted));
}

BinlogCoordinates Steps::coordinates(const PlanCoordinates& coordinates) {
  if (coordinates.kind == PlanCoordinates::Kind::executed) return executed(coordinates.of);
  auto& server = state_of(coordinates.of);
  // A server that the plan does not stop has not reported its log's end yet.
  if (server.log_end.empty()) server.update(servers_.look(server.former, server.wanted));
  if (server.log_end.empty())
    throw Error(Code::refused, fmt::format("{} has no binary log", coordinates.of.display()));
  return server.log_end;
}

BinlogCoordinates Steps::matched(const ChangeMaster& step) {
  auto& server = state_of(step.server);
  if (server.former_channel() != nullptr) static_cast<void>(server.replicating());
  return matcher_.coordinates(server.former, server.replication, state_of(step.from.of).former,
                              step.demotes && server.former_channel() == nullptr);
}

void Steps::act(const RunUntil& step) {
  const auto target = coordinates(step.until);
  if (target < executed(step.server) && has_only_what(state_of(step.until.of), step.server)) return;
  run_until(step.server, target);
}

void Steps::act(const CatchUp& step) {
  auto target = executed(step.server);
  for (const auto& other : step.others) {
    // A replica that could not be stopped no longer counts.
    if (const auto& replication = state_of(other).replication; replication.channel)
      target = std::max(target, replication.channel->exec);
  }
  run_until(step.server, target);
}

void Steps::run_until(const InstanceKey& key, const BinlogCoordinates& target) {
  auto& server = state_of(key);
  const auto& now = executed(key);
  if (now == target) return;
  if (target < now) {
    throw Error(Code::refused, fmt::format("{} has already executed up to {}, beyond {}", key.display(),
                                           now.display(), target.display()));
  }
  server.stopped = true;
  server.update(servers_.run_until(server.former, target, {.log_end = server.wanted.log_end}));
}

void Steps::act(const WaitUntil& step) {
  auto& server = state_of(step.server);
  server.update(servers_.wait_for(server.former, coordinates(step.until)));
}

void Steps::note_meeting(ServerState& server, const InstanceKey& master) {
  const auto found = states_.find(master);
  if (found == states_.end()) return;
  const auto& sibling = found->second;
  const auto* former = server.former_channel();
  const auto& channel = sibling.replication.channel;
  if (former == nullptr || !sibling.stopped || sibling.log_end.empty() || !channel || !former->master ||
      channel->master != former->master)
    return;
  server.meeting = {sibling.log_end, channel->exec};
}

void Steps::act(const CompareGtids& step) {
  require_nothing_errant(servers_, step.server, step.other);
}

void Steps::act(const CheckPrepared& step) {
  const auto& server = state_of(step.server).former;
  auto unknown = require_nothing_prepared(servers_, server);
  if (!unknown.empty()) note_shortcoming(std::move(unknown));
  static_cast<void>(await_open_writers(servers_, server, {}));  // what is not known was said
}

// A client that ignores locks may have started or moved the server: with outdated coordinates it would
// execute transactions twice, or not at all.
ReplicationState Steps::require_untouched(ServerState& server, const InstanceKey& master,
                                          WantedState wanted) {
  if (options_.require_held) options_.require_held(server.former.key, master);
  const auto& heard = server.replication.channel;
  const auto* former = server.is_forgotten ? nullptr : server.former.replication();
  const auto* was = heard ? &*heard : former;
  auto said = servers_.look(server.former, wanted);
  const auto& now = said.channel;
  const bool has_master = now && now->has_master();
  if (was == nullptr ? !has_master : has_master && stands_still_at(*now, *was)) return said;
  const auto state = has_master
                         ? fmt::format("{}below {}, with its SQL thread {}",
                                       now->exec.empty() ? "" : fmt::format("at {} ", now->exec.display()),
                                       display_of(now->master),
                                       now->sql_thread == ThreadState::stopped ? "stopped" : "running")
                         : "without a master";
  server.interference =
      fmt::format("another client has started or moved {} meanwhile; it is left as it is: {}",
                  server.former.key.display(), state);
  throw Error(Code::refused, server.interference);
}

// The plan was decided by what the server had executed while it ran.
void Steps::stop_where_decided(const ChangeMaster& step) {
  const auto decided_by = executed(step.server);
  act(StopReplication{step.server});
  const bool is_fixed = step.from.kind != PlanCoordinates::Kind::matched && !step.by_gtid;
  if (is_fixed && executed(step.server) != decided_by) {
    throw Error(Code::refused, fmt::format("{} has executed more meanwhile, up to {}", step.server.display(),
                                           executed(step.server).display()));
  }
}

void Steps::act(const ChangeMaster& step) {
  auto& server = state_of(step.server);
  if (!step.drops_received) require_nothing_held(server, step.master);
  if (std::exchange(server.runs_on, false)) stop_where_decided(step);
  mysql::MasterChange change;
  change.master = step.master;
  change.heartbeat = server.heartbeat;
  if (step.with_account) change.account = options_.account;
  change.begins_gtid = step.by_gtid && (step.demotes || server.former_channel() == nullptr);
  if (!step.by_gtid) {
    server.new_coordinates =
        step.from.kind == PlanCoordinates::Kind::matched ? matched(step) : coordinates(step.from);
    if (server.new_coordinates.file.empty())
      throw Error(Code::refused, fmt::format("No coordinates are known for {} in the binary log of {}",
                                             step.server.display(), step.master.display()));
    change.from = server.new_coordinates;
  }
  // By the coordinates of its master's log, the replica goes on where it was.
  const bool may_hide =
      follows_position(server.former) && (step.by_gtid || step.from.kind != PlanCoordinates::Kind::executed);
  const bool can_compare = (step.demotes || step.by_gtid || may_hide) && !step.master_may_be_down;
  const bool compares = can_compare && !options_.allow_errant;
  const bool keeps_errant =
      can_compare && options_.allow_errant && change.begins_gtid && follows_position(server.former);
  const auto said = require_untouched(server, step.master, {.gtids = compares || keeps_errant});
  const auto as_said = [&] {
    auto now = server.now();
    now.executed_gtid_set = said.executed_gtid_set;
    now.logged_gtids = said.logged_gtids;
    return now;
  };
  if (keeps_errant) {
    change.gtid_position = position_in_common(servers_, as_said(), first_read(step.master));
  } else if (compares) {
    const auto now = as_said();
    if (step.demotes) require_nothing_lost(step, now);
    if (may_hide) require_nothing_hidden(step, now);
    const bool has_waited = step.by_gtid && require_nothing_ahead(step, now);
    if (has_waited || step.demotes) require_untouched(server, step.master);
  }
  if (step.demotes) require_nothing_logged(server);
  if (server.replication.channel) server.former_coordinates = server.replication.channel->exec;
  note_meeting(server, step.master);
  server.changed = server.change_unanswered = true;
  note(server);
  servers_.change_master(server.former, change);
  server.change_unanswered = false;
  if (step.demotes && server.former_channel() == nullptr) server.demotion = change;
  // It may stay stopped.
  if (step.demotes) server.replication.channel = servers_.look(server.former).channel;
}

void Steps::act(const ForgetMaster& step) {
  auto& server = state_of(step.server);
  if (!server.forget_unanswered || servers_.look(server.former).channel) {
    if (step.only_if_executed) require_executed(server);
    require_untouched(server, {});
    server.forget_unanswered = true;
    if (server.replication.channel && !server.changed)
      server.former_coordinates = server.replication.channel->exec;
    servers_.forget_master(server.former);
  }
  server.replication.channel.reset();
  server.is_forgotten = true;
  server.stopped = false;  // there is nothing to start
}

void Steps::act(const Detach& step) {
  if (step.only_if_executed) require_executed(state_of(step.server));
  change_coordinates(step.server, detached_coordinates(executed(step.server)));
}
void Steps::act(const Reattach& step) {
  const auto& now = executed(step.server);
  change_coordinates(step.server, attached_coordinates(now).value_or(now));
}
void Steps::change_coordinates(const InstanceKey& key, const BinlogCoordinates& coordinates) {
  auto& server = state_of(key);
  require_untouched(server, {});
  server.former_coordinates = executed(key);
  server.new_coordinates = coordinates;
  server.changed = true;
  note(server);
  servers_.change_coordinates(server.former, coordinates, server.heartbeat);
}

void Steps::act(const SkipTransaction& step) {
  servers_.skip_transaction(state_of(step.server).former);
}

void Steps::act(const StayStopped& step) {
  state_of(step.server).stopped = false;
}

void Steps::act(const SetReadOnly& step) {
  auto& server = state_of(step.server);
  if (!server.former_read_only) {
    server.former_read_only = server.former.read_only;
    note(server);
  }
  if (step.for_all && servers_.runs_events(server.former)) {
    server.stopped_events = true;
    note(server);
    servers_.stop_events(server.former);
  }
  if (step.ends_clients) servers_.end_clients(server.former);
  // After a retry, too: another process may have undone the operation meanwhile.
  if (options_.require_held) options_.require_held(step.server, {});
  try {
    servers_.set_read_only(server.former, step.read_only, step.for_all);
  } catch (const Error& error) {
    if (error.code() != Code::timeout || !step.could_end_clients || step.ends_clients) throw;
    throw Error(error.code(), fmt::format("{}; -kill ends the connections of clients", error.what()));
  }
  server.former.read_only = step.read_only;
  // Those with SUPER, where read_only does not hold for them.
  if (step.ends_clients) servers_.end_clients(server.former);
  if (!step.could_end_clients) return;
  auto unknown = await_open_writers(servers_, server.former, options_.match_wait);
  if (!unknown.empty()) note_shortcoming(std::move(unknown));
}

void Steps::act(const StartEvents& step) {
  if (state_of(step.as).stopped_events) servers_.start_events(state_of(step.server).former);
}

void Steps::note_shortcoming(std::string sentence) {
  const std::lock_guard lock(mutex_);
  shortcomings_.push_back(std::move(sentence));
}

void Steps::note_disabled_events(const InstanceKey& key) {
  try {
    auto sentence = servers_.disabled_events(state_of(key).former);
    if (!sentence.empty()) note_shortcoming(std::move(sentence));
  } catch (const Error& error) {
    note_shortcoming(
        fmt::format("which events {} does not run is not known: {}", key.display(), error.what()));
  }
}

void Steps::act(const SetSemiSync& step) {
  auto& server = state_of(step.server);
  auto& known = server.former.semi_sync;
  if (!server.semi_sync_undo) {
    server.former_semi_sync = known;
    server.semi_sync_undo = mysql::undo_of(step.change, known);
  }
  servers_.set_semi_sync(server.former, step.change);
  if (known) known = mysql::with_change(*known, step.change);
}

void Steps::act(const KillQuery& step) {
  servers_.kill_query(state_of(step.server).former, step.process);
}

void Steps::act(const StartReplication& step) {
  auto& server = state_of(step.server);
  const bool was_none = server.former_channel() == nullptr;
  if (!step.both && !server.stopped && !was_none) return;  // it was stopped before the plan
  if (options_.require_held) options_.require_held(step.server, {});
  server.wants_both = step.both;
  start(server);
  server.started = true;
  server.stopped = false;
}

// MySQL 5.6 cannot recover relay logs that were begun and never written to, as those of a master whose
// replication account was set, and which crashed. There is nothing in them.
void Steps::start(ServerState& server) {
  try {
    server.replication = servers_.start(server.former, server.threads());
    return;
  } catch (const mysql::SqlError& error) {
    if (error.number() != relay_logs_are_broken || !server.demotion) throw;
  }
  servers_.renew_relay_logs(server.former, *server.demotion);
  server.replication = servers_.start(server.former, server.threads());
}

}  // namespace topo::refactor
