#include "refactor/restoration.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/parallel.h"
#include "refactor/undo.h"
#include "topo/base/error.h"

namespace topo::refactor {
namespace {

const ReplicationChannel* channel_of(const FoundServer& server) {
  const auto& channels = server.now.channels;
  const auto found = std::find_if(channels.begin(), channels.end(), [&](const auto& channel) {
    return channel.name == server.noted.channel && channel.master.valid();
  });
  return found == channels.end() ? nullptr : &*found;
}

// "mysql-bin.000012:4711 of db1:3306"
std::string coordinates_of(const FoundServer& server) {
  const auto* channel = channel_of(server);
  if (channel == nullptr) return "no coordinates";
  const auto& exec = channel->exec;
  return fmt::format("{} of {}", exec.empty() ? "the beginning" : exec.display(), channel->master.display());
}

// A move to the present master is none.
bool has_destination(const FoundServer& server) {
  return server.destination.valid() && server.destination != server.noted.master;
}

// To go back by file and position, the server needs its former coordinates.
bool needs_coordinates(const OperationServer& noted) {
  return noted.master.valid() && !noted.by_gtid;
}

ServerOutcome outcome_of(const FoundServer& server) {
  const auto& noted = server.noted;
  const auto* channel = channel_of(server);
  if (channel == nullptr) return noted.master.valid() ? ServerOutcome::forgotten : ServerOutcome::as_before;
  if (has_destination(server) && channel->master == server.destination) return ServerOutcome::moved;
  if (channel->master != noted.master) return ServerOutcome::elsewhere;
  const bool is_at_new_coordinates = noted.changed && !noted.new_coordinates.empty() &&
                                     noted.new_coordinates != noted.former_coordinates &&
                                     !has_destination(server) && channel->exec == noted.new_coordinates;
  // The server was about to restart with fresh relay logs, and has no coordinates yet.
  const bool has_no_coordinates =
      noted.changed && needs_coordinates(noted) && !noted.former_coordinates.empty() && channel->exec.empty();
  return is_at_new_coordinates || has_no_coordinates ? ServerOutcome::displaced : ServerOutcome::as_before;
}

// Both times are whole seconds, and the second is read later than the first.
constexpr std::chrono::seconds reading_takes{10};

bool looks_half_applied(const FoundServer& server) {
  const auto& noted = server.noted;
  return server.outcome == ServerOutcome::moved && needs_coordinates(noted) &&
         noted.former_coordinates != noted.new_coordinates &&
         is_half_applied(*channel_of(server), noted.former_coordinates);
}

// The same, while the server was being put back.
bool looks_half_restored(const FoundServer& server) {
  const auto& noted = server.noted;
  return server.outcome == ServerOutcome::as_before && noted.changed && needs_coordinates(noted) &&
         !noted.new_coordinates.empty() && noted.former_coordinates != noted.new_coordinates &&
         is_half_applied(*channel_of(server), noted.new_coordinates);
}

// Both threads for a server that did not replicate before.
bool runs_io(const OperationServer& noted) {
  return noted.ran_io || !noted.master.valid();
}
bool runs_sql(const OperationServer& noted) {
  return noted.ran_sql || !noted.master.valid();
}

bool runs_as_noted(const FoundServer& server) {
  const auto* channel = channel_of(server);
  if (channel == nullptr) return !server.noted.master.valid();
  return (!runs_io(server.noted) || channel->io_thread != ThreadState::stopped) &&
         (!runs_sql(server.noted) || channel->sql_thread != ThreadState::stopped);
}

std::string describe_forgotten(const FoundServer& server) {
  const auto& noted = server.noted;
  const auto what = fmt::format("{} no longer replicates; before the operation it replicated from {}",
                                noted.key.display(), noted.master.display());
  if (!noted.changed || (needs_coordinates(noted) && noted.former_coordinates.empty())) return what;
  // Seldom on MySQL 9.7, mostly on MariaDB.
  return fmt::format(
      "{}, {}. Unless it was reset on purpose, the server went down while its master was changed and has "
      "lost its "
      "settings: set its master and the replication account again with CHANGE MASTER TO",
      what, noted.by_gtid ? "by GTID" : "and stood at " + noted.former_coordinates.display());
}

// `as_moved`: the server runs where it is now; otherwise as before.
ServerState state_of(const FoundServer& server, bool as_moved) {
  ServerState state;
  state.former = server.now;
  state.former.slave_lag.reset();  // SlaveLagQuery was not asked
  state.former.key = server.noted.key;
  state.former.channels.clear();
  const auto* channel = channel_of(server);
  if (channel != nullptr) state.replication.channel = *channel;
  if (server.noted.master.valid() || (as_moved && channel != nullptr)) {
    ReplicationChannel former;
    former.name = server.noted.channel;
    former.master = as_moved && channel != nullptr ? channel->master : server.noted.master;
    former.using_mariadb_gtid = server.noted.by_gtid;
    former.io_thread = runs_io(server.noted) ? ThreadState::running : ThreadState::stopped;
    former.sql_thread = runs_sql(server.noted) ? ThreadState::running : ThreadState::stopped;
    state.former.channels = {std::move(former)};
  }
  state.changed = server.noted.changed;
  state.change_unanswered = server.outcome == ServerOutcome::half_applied;
  state.former_coordinates = server.noted.former_coordinates;
  state.new_coordinates = server.noted.new_coordinates;
  state.heartbeat = server.noted.heartbeat;
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
      log.warn(fmt::format("{}: {}", operation.operation,
                           error.what()));  // the connection does nothing else, either
    }
  });
}

std::vector<FoundServer> find_servers(Servers& servers, const UnendedOperation& operation,
                                      const ExecutionOptions& options) {
  std::vector<FoundServer> found(operation.servers.size());
  std::map<InstanceKey, InstanceKey> destinations(operation.moves.begin(), operation.moves.end());
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].noted = operation.servers[i];
    if (const auto move = destinations.find(found[i].noted.key); move != destinations.end())
      found[i].destination = move->second;
  }
  in_parallel(found.size(), options.at_once, [&](std::size_t i) {
    auto& server = found[i];
    try {
      server.now = servers.read(server.noted.key);
      server.outcome = outcome_of(server);
      server.runs = runs_as_noted(server);
      const bool half_applied = looks_half_applied(server), half_restored = looks_half_restored(server);
      if ((half_applied || half_restored) &&
          servers.uptime(server.noted.key) <= operation.elapsed + reading_takes)
        server.outcome = half_applied ? ServerOutcome::half_applied : ServerOutcome::displaced;
    } catch (const std::exception& error) {
      server.outcome = ServerOutcome::silent;
      server.error = error.what();
      return;
    }
    server.has_executed_there = server.outcome == ServerOutcome::moved && needs_coordinates(server.noted) &&
                                (channel_of(server)->sql_thread != ThreadState::stopped ||
                                 has_executed_there(state_of(server, true)));
  });
  return found;
}

std::string describe(const FoundServer& server) {
  const auto name = server.noted.key.display();
  const std::string_view state = server.runs ? "runs" : "is left stopped";
  switch (server.outcome) {
    case ServerOutcome::silent: return fmt::format("{} does not answer: {}", name, server.error);
    case ServerOutcome::as_before:
      if (channel_of(server) == nullptr) return fmt::format("{} does not replicate, as before", name);
      return fmt::format("{} {}, at {}, its master as before", name, state, coordinates_of(server));
    case ServerOutcome::displaced:
      return fmt::format("{} {}, at {}; before, it was at {}", name, state, coordinates_of(server),
                         server.noted.former_coordinates.display());
    case ServerOutcome::moved:
      return fmt::format("{} was moved and {}, at {}", name, state, coordinates_of(server));
    case ServerOutcome::half_applied:
      return fmt::format(
          "{} {}, and must not run: it went down while its master was changed to {}, and is still at {} "
          "in the binary log of {}",
          name, state, channel_of(server)->master.display(), server.noted.former_coordinates.display(),
          server.noted.master.display());
    case ServerOutcome::forgotten: return describe_forgotten(server);
    case ServerOutcome::elsewhere:
      return fmt::format("{} was moved by another client meanwhile: it {}, at {}", name, state,
                         coordinates_of(server));
  }
  return name;
}

bool is_in_order(const FoundServer& server) {
  switch (server.outcome) {
    case ServerOutcome::as_before:
    case ServerOutcome::moved: return server.runs;
    case ServerOutcome::elsewhere: return true;
    case ServerOutcome::forgotten: return !server.noted.changed;  // as the operation intended
    default: return false;
  }
}

std::vector<Repair> repairs(std::vector<FoundServer> found, RepairMode mode) {
  struct StepsState {
    bool has_moved = false, is_whole = true, has_executed_there = false;
  };
  std::map<int, StepsState> replica_steps;
  for (const auto& server : found) {
    auto& steps = replica_steps[server.noted.steps];
    const bool is_moved = server.outcome == ServerOutcome::moved;
    steps.has_moved = steps.has_moved || is_moved;
    steps.has_executed_there = steps.has_executed_there || server.has_executed_there;
    if (has_destination(server) && !is_moved) steps.is_whole = false;
  }
  std::vector<Repair> all;
  for (auto& server : found) {
    const auto& steps = replica_steps[server.noted.steps];
    const bool stays =
        steps.has_executed_there || (mode == RepairMode::finish && steps.has_moved && steps.is_whole);
    Repair repair;
    switch (server.outcome) {
      case ServerOutcome::as_before:
        repair.what = channel_of(server) != nullptr ? Repair::Action::start : Repair::Action::leave_as_it_is;
        break;
      case ServerOutcome::moved:
        repair.what = stays ? Repair::Action::start : Repair::Action::put_back;
        break;
      case ServerOutcome::displaced:
      case ServerOutcome::half_applied: repair.what = Repair::Action::put_back; break;
      default: repair.what = Repair::Action::leave_as_it_is;
    }
    repair.server = std::move(server);
    all.push_back(std::move(repair));
  }
  return all;
}

std::string describe(const Repair& repair) {
  const auto& noted = repair.server.noted;
  const auto name = noted.key.display();
  switch (repair.what) {
    case Repair::Action::start:
      return fmt::format("{}: stop and start replication, at {}", name, coordinates_of(repair.server));
    case Repair::Action::put_back:
      if (!noted.master.valid()) return fmt::format("{}: remove its master, as before", name);
      return fmt::format("{}: repoint to {}, {}, and start", name, noted.master.display(),
                         noted.by_gtid ? "by GTID" : "beginning at " + noted.former_coordinates.display());
    case Repair::Action::leave_as_it_is: break;
  }
  return fmt::format("{}: nothing to do: {}", name, describe(repair.server));
}

std::vector<InstanceKey> not_moved(const UnendedOperation& operation, const std::vector<Repair>& repairs) {
  std::map<InstanceKey, const Repair*> by_server;
  for (const auto& repair : repairs) by_server[repair.server.noted.key] = &repair;
  std::vector<InstanceKey> keys;
  for (const auto& [replica, master] : operation.moves) {
    const auto found = by_server.find(replica);
    const bool stays =
        found != by_server.end() && (found->second->server.outcome == ServerOutcome::elsewhere ||
                                     (found->second->server.outcome == ServerOutcome::moved &&
                                      found->second->what == Repair::Action::start));
    if (!stays) keys.push_back(replica);
  }
  return keys;
}

Restored restore(Servers& servers, const std::vector<Repair>& repairs, const std::string& operation,
                 const ExecutionOptions& options, spdlog::logger& log) {
  Undo undo(servers, operation, options, log);
  std::vector<ServerState> states(repairs.size());
  in_parallel(repairs.size(), options.at_once, [&](std::size_t i) {
    const auto& [server, what] = repairs[i];
    auto& state = states[i];
    state = state_of(server, what != Repair::Action::put_back && server.outcome == ServerOutcome::moved);
    switch (what) {
      case Repair::Action::put_back:
        state.changed = true;
        undo.restore_master(state);
        if (state.changed) break;  // reported as a leftover
        [[fallthrough]];
      case Repair::Action::start: undo.restart(state); break;
      case Repair::Action::leave_as_it_is:
        if (!is_in_order(server)) undo.report_leftover(server.noted.key, describe(server));
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
