#include "refactor/restoration.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/parallel.h"
#include "refactor/logged_twins.h"
#include "refactor/undo.h"
#include "topo/base/error.h"
#include "topo/mysql/connection.h"
#include "topo/refactor/operation.h"
#include "topo/topology/gtids.h"

namespace topo::refactor {
namespace {

// `as_moved`: the server runs where it is now; otherwise as before.
ServerState state_of(const FoundServer& server, bool as_moved) {
  ServerState state;
  state.former = server.now;
  state.former.slave_lag.reset();  // SlaveLagQuery was not asked
  state.former.key = server.noted.key;
  state.former.channels.clear();
  const auto* channel = server.channel();
  if (channel != nullptr) state.replication.channel = *channel;
  if (server.noted.master.has_value() || (as_moved && channel != nullptr)) {
    ReplicationChannel former;
    former.name = server.noted.channel;
    former.master = as_moved && channel != nullptr ? channel->master : server.noted.master;
    former.using_mariadb_gtid = server.noted.by_gtid;
    const bool io = as_moved ? server.wants_io() : server.noted.wants_io();
    const bool sql = as_moved ? server.wants_sql() : server.noted.wants_sql();
    former.io_thread = io ? ThreadState::running : ThreadState::stopped;
    former.sql_thread = sql ? ThreadState::running : ThreadState::stopped;
    state.former.channels = {std::move(former)};
  }
  state.is_forgotten = server.outcome == ServerOutcome::forgotten;
  state.changed = server.noted.changed;
  state.change_unanswered = server.outcome == ServerOutcome::half_applied;
  state.former_coordinates = server.noted.former_coordinates;
  state.new_coordinates = server.noted.new_coordinates;
  state.heartbeat = server.noted.heartbeat;
  state.former_read_only = server.noted.former_read_only;
  state.stopped_events = server.noted.stopped_events;
  state.lifted_delay = server.noted.lifted_delay;
  state.gtids = server.noted.gtids;
  return state;
}

}  // namespace

void end_connections(Servers& servers, const UnendedOperation& operation, const ExecutionOptions& options,
                     spdlog::logger& log) {
  in_parallel(operation.servers.size(), options.at_once, [&](std::size_t i) {
    const auto& noted = operation.servers[i];
    try {
      servers.end_connection(noted.key, noted.connection);
    } catch (const std::exception& error) {
      log.warn(fmt::format("{}: {}", operation.title(),
                           error.what()));  // the connection does nothing else, either
    }
  });
}

std::vector<FoundServer> find_servers(Servers& servers, const UnendedOperation& operation,
                                      const ExecutionOptions& options) {
  std::vector<FoundServer> found(operation.servers.size());
  const auto* known = find_operation(operation.operation);
  // What is below a dead master goes where it replicates again.
  const bool starts_both = known != nullptr && known->dead_master != nullptr;
  const std::map<InstanceKey, InstanceKey> destinations(operation.moves.begin(), operation.moves.end());
  in_parallel(found.size(), options.at_once, [&](std::size_t i) {
    const auto& noted = operation.servers[i];
    const auto move = destinations.find(noted.key);
    auto destination = move == destinations.end() ? std::nullopt : std::optional(move->second);
    try {
      auto now = servers.read(noted.key);
      const auto source = destination ? std::nullopt : place_to_catch_up(operation, noted, now);
      if (source) destination = source;
      found[i] = found_server(noted, std::move(destination), std::move(now));
      found[i].catches_up = source.has_value();
      found[i].starts_both = starts_both;
      if (is_in_doubt(found[i])) settle(found[i], servers.uptime(noted.key), operation.elapsed);
    } catch (const std::exception& error) {
      found[i] = silent_server(noted, destination, error.what());
    }
  });
  if (known != nullptr && known->on_cluster) settle_writes(found, operation.subject);
  if (starts_both) settle_promotion(found, operation);
  return found;
}

namespace {

// A former master that takes writes again becomes read-only; what keeps it from being in order, "": nothing.
std::string stop_writes(Servers& servers, const FoundServer& server) {
  if (!takes_writes_again(server) || !server.destination) return "";
  const auto& key = server.noted.key;
  servers.set_read_only(server.now, true, true);
  const auto own = servers.read(key), successor = servers.read(*server.destination);
  if (why_no_gtids(own) || why_no_gtids(successor)) {
    return fmt::format(
        "{} took writes since it was restarted, and is read-only now; which-gtid-errant -i {} prints what it "
        "has "
        "and {} may lack",
        key.display(), key.display(), successor.key.display());
  }
  const auto lead = exact_lead_by_logs(servers, own, successor);
  if (!lead) return "";
  return fmt::format("{} took writes since it was restarted, and is read-only now: it has {} that {} lacks",
                     key.display(), describe(*lead), successor.key.display());
}

// The successor of a dead master becomes writable, unless that master is back and takes writes; what keeps it
// from being in order, "": nothing.
std::string begin_writes(Servers& servers, const FoundServer& server, ServerState& state) {
  if (server.writes != FoundServer::Writes::to_begin) return "";
  const auto name = server.noted.key.display();
  if (const auto& former = server.noted.master) {
    try {
      if (!servers.read(*former).read_only) {
        return fmt::format(
            "{} stays read-only, as {} answers again, and takes writes; set-read-only -i {} "
            "first",
            name, former->display(), former->display());
      }
    } catch (const Error& error) {
      if (mysql::read_failure_of(error) != ReadFailure::no_answer)
        return fmt::format("{} stays read-only, as {} may take writes: {}", name, former->display(),
                           error.what());
    }
  }
  servers.set_read_only(server.now, false, false);
  state.former.read_only = false;
  return "";
}

}  // namespace

Restored restore(Servers& servers, const std::vector<Repair>& repairs, const std::string& operation,
                 const ExecutionOptions& options, spdlog::logger& log) {
  Undo undo(servers, operation, options, log);
  std::vector<ServerState> states(repairs.size());
  in_parallel(repairs.size(), options.at_once, [&](std::size_t i) {
    const auto& server = repairs[i].server;
    const auto what = repairs[i].what;
    auto& state = states[i];
    state = state_of(server, what != Repair::Action::put_back && server.outcome == ServerOutcome::moved);
    if (server.writes == FoundServer::Writes::to_return && !undo.restore_read_only(state)) {
      undo.report_leftover(server.noted.key,
                           fmt::format("read_only of {} could not be set off", server.noted.key.display()));
    }
    try {
      auto problem = stop_writes(servers, server);
      if (problem.empty()) problem = begin_writes(servers, server, state);
      if (!problem.empty()) undo.report_leftover(server.noted.key, problem);
    } catch (const std::exception& error) {
      undo.report_leftover(server.noted.key,
                           fmt::format("{} is left {}: {}", server.noted.key.display(),
                                       server.now.read_only ? "read-only" : "writable", error.what()));
    }
    switch (what) {
      case Repair::Action::put_back:
        state.changed = true;
        undo.restore_master(state);
        if (state.changed) break;  // reported as a leftover
        [[fallthrough]];
      case Repair::Action::start: undo.restart(state); break;
      case Repair::Action::forget_master: undo.forget_master(state); break;
      case Repair::Action::leave_as_it_is:
        // What was passed on remains to be finished.
        if (!is_in_order(server) && server.writes != FoundServer::Writes::to_return &&
            server.writes != FoundServer::Writes::passed_on && server.writes != FoundServer::Writes::to_begin)
          undo.report_leftover(server.noted.key, describe(server));
        break;
    }
  });
  // After all are started: one may wait for another.
  in_parallel(states.size(), options.at_once, [&](std::size_t i) {
    if (!states[i].started) return;
    const auto& key = states[i].former.key;
    try {
      undo.await_running(states[i], true);
    } catch (const std::exception& error) {
      undo.report_leftover(key, fmt::format("{} does not replicate: {}", key.display(), error.what()));
    }
  });
  Restored restored;
  for (std::size_t i = 0; i < repairs.size(); ++i) {
    if (repairs[i].server.outcome != ServerOutcome::silent) restored.now.push_back(states[i].now());
  }
  restored.leftovers = undo.take_leftovers();
  return restored;
}

}  // namespace topo::refactor
