#include "topo/topology/repairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "topo/base/error.h"

namespace topo {
namespace {

// "mysql-bin.000012:4711 of db1:3306"
std::string coordinates_of(const FoundServer& server) {
  const auto* channel = server.channel();
  if (channel == nullptr) return "no coordinates";
  const auto& exec = channel->exec;
  return fmt::format("{} of {}", exec.empty() ? "the beginning" : exec.display(),
                     display_of(channel->master));
}

// A move to the present master is none.
bool has_destination(const FoundServer& server) {
  return server.destination.has_value() && server.destination != server.noted.master;
}

ServerOutcome outcome_of(const FoundServer& server) {
  const auto& noted = server.noted;
  const auto* channel = server.channel();
  if (channel == nullptr)
    return noted.master.has_value() ? ServerOutcome::forgotten : ServerOutcome::as_before;
  // A server that the operation had not begun to change was moved by another client, even to the same master.
  if (has_destination(server) && channel->master == server.destination)
    return noted.changed ? ServerOutcome::moved : ServerOutcome::elsewhere;
  if (channel->master != noted.master) return ServerOutcome::elsewhere;
  const bool is_at_new_coordinates = noted.changed && !noted.new_coordinates.empty() &&
                                     noted.new_coordinates != noted.former_coordinates &&
                                     !has_destination(server) && channel->exec == noted.new_coordinates;
  // The server was about to restart with fresh relay logs, and has no coordinates yet.
  const bool has_no_coordinates = noted.changed && noted.needs_coordinates() &&
                                  !noted.former_coordinates.empty() && channel->exec.empty();
  return is_at_new_coordinates || has_no_coordinates ? ServerOutcome::displaced : ServerOutcome::as_before;
}

// Both times are whole seconds, and the second is read later than the first.
constexpr std::chrono::seconds reading_takes{10};

bool looks_half_applied(const FoundServer& server) {
  const auto& noted = server.noted;
  return server.outcome == ServerOutcome::moved && noted.needs_coordinates() &&
         noted.former_coordinates != noted.new_coordinates &&
         is_half_applied(*server.channel(), noted.former_coordinates);
}

// The same, while the server was being put back.
bool looks_half_restored(const FoundServer& server) {
  const auto& noted = server.noted;
  return server.outcome == ServerOutcome::as_before && noted.changed && noted.needs_coordinates() &&
         !noted.new_coordinates.empty() && noted.former_coordinates != noted.new_coordinates &&
         is_half_applied(*server.channel(), noted.new_coordinates);
}

bool runs_as_noted(const FoundServer& server) {
  const auto* channel = server.channel();
  if (channel == nullptr) return !server.noted.master.has_value();
  return (!server.wants_io() || channel->io_thread != ThreadState::stopped) &&
         (!server.wants_sql() || channel->sql_thread != ThreadState::stopped);
}

std::string describe_forgotten(const FoundServer& server) {
  const auto& noted = server.noted;
  const auto what = fmt::format("{} no longer replicates; before the operation it replicated from {}",
                                noted.key.display(), display_of(noted.master));
  if (!noted.changed || (noted.needs_coordinates() && noted.former_coordinates.empty())) return what;
  // Seldom on MySQL 9.7, mostly on MariaDB.
  return fmt::format(
      "{}, {}. Unless it was reset on purpose, the server went down while its master was changed and has "
      "lost its settings: set its master and the replication account again with CHANGE MASTER TO",
      what, noted.by_gtid ? "by GTID" : "and stood at " + noted.former_coordinates.display());
}

}  // namespace

const ReplicationChannel* FoundServer::channel() const noexcept {
  const auto found = std::find_if(now.channels.begin(), now.channels.end(), [&](const auto& one) {
    return one.name == noted.channel && one.master.has_value();
  });
  return found == now.channels.end() ? nullptr : &*found;
}

bool FoundServer::wants_io() const noexcept {
  return noted.wants_io() || (starts_both && outcome == ServerOutcome::moved);
}

bool FoundServer::wants_sql() const noexcept {
  return noted.wants_sql() || (starts_both && outcome == ServerOutcome::moved);
}

std::optional<InstanceKey> place_to_catch_up(const UnendedOperation& operation, const OperationServer& noted,
                                             const Instance& now) {
  const auto master = now.master_key();
  if (!noted.changed || !master || master == noted.master) return std::nullopt;
  const std::pair way_back(*master, noted.key);
  return std::ranges::find(operation.moves, way_back) == operation.moves.end() ? std::nullopt : master;
}

FoundServer found_server(OperationServer noted, std::optional<InstanceKey> destination, Instance now) {
  FoundServer server{
      std::move(noted), std::move(destination), ServerOutcome::silent, std::move(now), "", false, {}, false};
  server.outcome = outcome_of(server);
  return server;
}

FoundServer silent_server(OperationServer noted, std::optional<InstanceKey> destination, std::string error) {
  auto server = found_server(std::move(noted), std::move(destination), {});
  server.outcome = ServerOutcome::silent;
  server.error = std::move(error);
  return server;
}

bool is_in_doubt(const FoundServer& server) {
  return looks_half_applied(server) || looks_half_restored(server);
}

void settle(FoundServer& server, std::chrono::seconds uptime, std::chrono::seconds elapsed) {
  if (uptime > elapsed + reading_takes) return;
  server.outcome = looks_half_applied(server) ? ServerOutcome::half_applied : ServerOutcome::displaced;
}

void settle_writes(std::vector<FoundServer>& found, const InstanceKey& master) {
  // Of two co-masters, both replicate as before.
  const bool is_pair = std::ranges::any_of(found, [&](const auto& server) {
    return server.noted.key == master && server.noted.master.has_value();
  });
  bool is_passed_on = false, is_doubtful = false;
  for (auto& server : found) {
    if (server.noted.key == master) continue;
    // Set right before it was to become writable; a sibling has no such record.
    const bool is_successor = server.noted.former_read_only.has_value();
    const bool is_writable =
        is_successor && server.outcome == ServerOutcome::as_before && !server.now.read_only;
    if (is_writable && !is_pair) server.outcome = ServerOutcome::promoted;
    is_passed_on = is_passed_on || (is_writable && is_pair);
    // Siblings go below the successor only when it is a master.
    is_passed_on = is_passed_on || server.outcome == ServerOutcome::promoted ||
                   server.outcome == ServerOutcome::forgotten || server.outcome == ServerOutcome::moved;
    is_doubtful = is_doubtful || (is_successor && server.outcome == ServerOutcome::silent);
  }
  for (auto& server : found) {
    if (server.noted.key != master || server.outcome == ServerOutcome::silent) continue;
    const bool is_changed = server.now.read_only || server.noted.stopped_events;
    if (is_passed_on)
      server.writes = is_pair ? FoundServer::Writes::as_they_are : FoundServer::Writes::passed_on;
    else if (is_changed && server.noted.former_read_only == false)
      server.writes = is_doubtful ? FoundServer::Writes::in_doubt : FoundServer::Writes::to_return;
  }
}

void settle_promotion(std::vector<FoundServer>& found, const UnendedOperation& operation) {
  if (!operation.promotes) return;
  const auto is_chosen = [&](const InstanceKey& key) {
    return operation.moves.empty() ||
           std::ranges::any_of(operation.moves, [&](const auto& move) { return move.second == key; });
  };
  for (auto& server : found) {
    if (server.outcome == ServerOutcome::forgotten && !server.destination && server.now.read_only &&
        is_chosen(server.noted.key))
      server.writes = FoundServer::Writes::to_begin;
  }
}

bool is_taken_over(const std::vector<FoundServer>& found) {
  return std::ranges::any_of(found, [](const auto& server) {
    // Its replication was reset, and it became writable: replicas of a dead master are promoted so.
    const bool is_promoted = server.outcome == ServerOutcome::forgotten &&
                             server.noted.former_read_only.has_value() && !server.now.read_only;
    return is_promoted || server.writes == FoundServer::Writes::passed_on ||
           server.writes == FoundServer::Writes::to_begin || server.outcome == ServerOutcome::promoted;
  });
}

bool takes_writes_again(const FoundServer& server) {
  return server.writes == FoundServer::Writes::passed_on && server.outcome == ServerOutcome::moved &&
         !server.now.read_only;
}

bool has_executed_there(const FoundServer& server) {
  if (server.outcome != ServerOutcome::moved || !server.noted.needs_coordinates()) return false;
  const auto& channel = *server.channel();
  return channel.sql_thread != ThreadState::stopped ||
         has_executed_since(channel, server.noted.new_coordinates);
}

bool has_executed_since(const ReplicationChannel& channel, const BinlogCoordinates& beginning) {
  return !beginning.empty() && !channel.exec.empty() && channel.exec != beginning;
}

bool is_half_applied(const ReplicationChannel& channel, const BinlogCoordinates& former_coordinates) {
  return !former_coordinates.empty() && channel.exec == former_coordinates;
}

namespace {

std::string describe_writes(const FoundServer& server) {
  switch (server.writes) {
    case FoundServer::Writes::as_they_are: break;
    case FoundServer::Writes::to_return:
      return server.now.read_only ? "; it is left read-only" : "; its event scheduler may be stopped";
    case FoundServer::Writes::in_doubt:
      return "; it is left read-only, as its successor does not answer and may be writable: set-writeable "
             "it once that is known not to be";
    case FoundServer::Writes::passed_on:
      if (server.outcome == ServerOutcome::moved) break;
      return "; another server has taken its place, and it is not below that one yet";
    case FoundServer::Writes::to_begin: break;  // see describe_replication()
  }
  return "";
}

std::string describe_replication(const FoundServer& server);

}  // namespace

std::string describe(const FoundServer& server) {
  return describe_replication(server) + describe_writes(server);
}

namespace {

std::string describe_replication(const FoundServer& server) {
  const auto name = server.noted.key.display();
  const std::string_view state = runs_as_noted(server) ? "runs" : "is left stopped";
  switch (server.outcome) {
    case ServerOutcome::silent: return fmt::format("{} does not answer: {}", name, server.error);
    case ServerOutcome::as_before:
      if (server.channel() == nullptr) return fmt::format("{} does not replicate, as before", name);
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
          name, state, display_of(server.channel()->master), server.noted.former_coordinates.display(),
          display_of(server.noted.master));
    case ServerOutcome::forgotten:
      if (server.writes == FoundServer::Writes::to_begin)
        return fmt::format("{} takes the place of {}, and is read-only yet", name,
                           display_of(server.noted.master));
      return describe_forgotten(server);
    case ServerOutcome::promoted:
      return fmt::format("{} is writable in the place of {}, and its replication is not reset yet", name,
                         display_of(server.noted.master));
    case ServerOutcome::elsewhere:
      return fmt::format("{} was moved by another client meanwhile: it {}, at {}", name, state,
                         coordinates_of(server));
  }
  return name;
}

// It went on, or was stopped, while its delay was lifted.
bool lacks_delay(const FoundServer& server) {
  const auto* channel = server.channel();
  return channel != nullptr && server.noted.lifted_delay.count() > 0 &&
         channel->sql_delay != server.noted.lifted_delay;
}

}  // namespace

bool is_in_order(const FoundServer& server) {
  switch (server.writes) {
    case FoundServer::Writes::as_they_are: break;
    case FoundServer::Writes::to_return:
      if (server.now.read_only) return false;  // whether the event scheduler runs is not known
      break;
    case FoundServer::Writes::in_doubt:
    case FoundServer::Writes::to_begin: return false;
    case FoundServer::Writes::passed_on:
      if (server.outcome != ServerOutcome::moved) return false;
  }
  switch (server.outcome) {
    case ServerOutcome::as_before: return runs_as_noted(server) && !lacks_delay(server);
    case ServerOutcome::moved: return runs_as_noted(server);
    case ServerOutcome::elsewhere: return true;
    case ServerOutcome::forgotten: return !server.noted.changed;  // as the operation intended
    default: return false;
  }
}

std::vector<Repair> repairs(std::vector<FoundServer> found, RepairMode mode) {
  const bool is_beyond_return = is_taken_over(found);
  struct StepsState {
    bool has_moved = false, is_whole = true, has_executed_there = false;
  };
  std::map<std::optional<std::size_t>, StepsState> replica_steps;
  for (const auto& server : found) {
    auto& steps = replica_steps[server.noted.steps];
    const bool is_moved = server.outcome == ServerOutcome::moved;
    steps.has_moved = steps.has_moved || is_moved;
    steps.has_executed_there = steps.has_executed_there || has_executed_there(server);
    if (has_destination(server) && !is_moved) steps.is_whole = false;
  }
  std::vector<Repair> all;
  for (auto& server : found) {
    const auto& steps = replica_steps[server.noted.steps];
    // The former master writes no more: what is below its successor stays there. A successor that was to
    // catch up begins again.
    const bool stays =
        steps.has_executed_there || is_beyond_return ||
        (mode == RepairMode::finish && steps.has_moved && steps.is_whole && !server.catches_up);
    Repair repair;
    switch (server.outcome) {
      case ServerOutcome::as_before:
        repair.what = server.channel() != nullptr ? Repair::Action::start : Repair::Action::leave_as_it_is;
        break;
      case ServerOutcome::moved:
        repair.what = stays ? Repair::Action::start : Repair::Action::put_back;
        repair.cannot_return = stays && mode == RepairMode::undo;
        break;
      case ServerOutcome::promoted: repair.what = Repair::Action::forget_master; break;
      case ServerOutcome::displaced:
      case ServerOutcome::half_applied: repair.what = Repair::Action::put_back; break;
      default: repair.what = Repair::Action::leave_as_it_is;
    }
    repair.server = std::move(server);
    all.push_back(std::move(repair));
  }
  return all;
}

namespace {

std::string describe_repair(const Repair& repair) {
  const auto& noted = repair.server.noted;
  const auto name = noted.key.display();
  switch (repair.what) {
    case Repair::Action::start:
      if (repair.cannot_return) {
        return fmt::format(
            "{}: stays below {}, as transactions of that master have been executed: stop and start "
            "replication, at "
            "{}",
            name, display_of(repair.server.destination), coordinates_of(repair.server));
      }
      return fmt::format("{}: stop and start replication, at {}{}", name, coordinates_of(repair.server),
                         lacks_delay(repair.server)
                             ? fmt::format(", with its delay of {} s", noted.lifted_delay.count())
                             : "");
    case Repair::Action::put_back:
      if (!noted.master.has_value()) return fmt::format("{}: remove its master, as before", name);
      return fmt::format("{}: repoint to {}, {}, and start", name, display_of(noted.master),
                         noted.by_gtid ? "by GTID" : "beginning at " + noted.former_coordinates.display());
    case Repair::Action::forget_master: return fmt::format("{}: remove its master: it is one", name);
    case Repair::Action::leave_as_it_is: break;
  }
  return fmt::format("{}: nothing to do: {}", name, describe_replication(repair.server));
}

}  // namespace

std::string describe(const Repair& repair) {
  const auto writes = repair.server.writes;
  const bool is_below = repair.server.outcome == ServerOutcome::moved;
  if (writes == FoundServer::Writes::to_begin)
    return fmt::format("{}: set read_only off: it is a master", repair.server.noted.key.display());
  if (writes == FoundServer::Writes::in_doubt || (writes == FoundServer::Writes::passed_on && !is_below))
    return describe(repair.server);
  if (takes_writes_again(repair.server))
    return fmt::format("{}: set read_only on; {}", repair.server.noted.key.display(),
                       describe_repair(repair));
  if (writes != FoundServer::Writes::to_return) return describe_repair(repair);
  return repair.what == Repair::Action::leave_as_it_is
             ? fmt::format("{}: set read_only off", repair.server.noted.key.display())
             : describe_repair(repair) + "; set read_only off";
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

void require_same_moves(const UnendedOperation& operation,
                        const std::vector<std::pair<InstanceKey, InstanceKey>>& result) {
  const std::set<std::pair<InstanceKey, InstanceKey>> recorded(operation.moves.begin(),
                                                               operation.moves.end());
  // Before the decision nothing has moved. If the subject itself moves, its record must still be there:
  // another operation on it deletes that.
  if (operation.moves.empty()) {
    const bool concerns_subject = std::any_of(
        result.begin(), result.end(), [&](const auto& move) { return move.first == operation.subject; });
    if (!concerns_subject || operation.concerns(operation.subject)) return;
    throw Error(Code::refused,
                fmt::format("another operation has worked on {} since", operation.subject.display()));
  }
  for (const auto& move : result) {
    if (recorded.contains(move)) continue;
    throw Error(
        Code::refused,
        fmt::format(
            "it would move {} below {} now, which was not recorded: the topology has changed; move the "
            "remaining replicas by other commands",
            move.first.display(), move.second.display()));
  }
}

}  // namespace topo
