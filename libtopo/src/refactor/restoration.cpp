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
std::string place_of(const FoundServer& server) {
  const auto* channel = channel_of(server);
  if (channel == nullptr) return "no place";
  const auto& exec = channel->exec;
  return fmt::format("{} of {}", exec.empty() ? "the beginning" : exec.display(), channel->master.display());
}

// A move to the present master is none.
bool has_destination(const FoundServer& server) {
  return server.destination.valid() && server.destination != server.noted.master;
}

// To go back by file and position, the server needs its former coordinates.
bool needs_place(const OperationServer& noted) {
  return noted.master.valid() && !noted.by_gtid;
}

Whereabouts whereabouts_of(const FoundServer& server) {
  const auto& noted = server.noted;
  const auto* channel = channel_of(server);
  if (channel == nullptr) return noted.master.valid() ? Whereabouts::forgotten : Whereabouts::as_before;
  if (has_destination(server) && channel->master == server.destination) return Whereabouts::moved;
  if (channel->master != noted.master) return Whereabouts::elsewhere;
  const bool is_at_new_place = noted.changed && !noted.new_place.empty() &&
                               noted.new_place != noted.former_place && !has_destination(server) &&
                               channel->exec == noted.new_place;
  // The server was about to restart with fresh relay logs, and has no coordinates yet.
  const bool has_no_place =
      noted.changed && needs_place(noted) && !noted.former_place.empty() && channel->exec.empty();
  return is_at_new_place || has_no_place ? Whereabouts::displaced : Whereabouts::as_before;
}

// Both times are whole seconds, and the second is read later than the first.
constexpr std::chrono::seconds reading_takes{10};

bool looks_torn(const FoundServer& server) {
  const auto& noted = server.noted;
  return server.whereabouts == Whereabouts::moved && needs_place(noted) &&
         noted.former_place != noted.new_place && is_torn(*channel_of(server), noted.former_place);
}

// The same, while the server was being put back.
bool looks_torn_back(const FoundServer& server) {
  const auto& noted = server.noted;
  return server.whereabouts == Whereabouts::as_before && noted.changed && needs_place(noted) &&
         !noted.new_place.empty() && noted.former_place != noted.new_place &&
         is_torn(*channel_of(server), noted.new_place);
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
  if (!noted.changed || (needs_place(noted) && noted.former_place.empty())) return what;
  // Seldom on MySQL 9.7, mostly on MariaDB.
  return fmt::format(
      "{}, {}. Unless it was reset on purpose, the server went down while its master was changed and has "
      "lost its "
      "settings: set its master and the replication account again with CHANGE MASTER TO",
      what, noted.by_gtid ? "by GTID" : "and stood at " + noted.former_place.display());
}

// `as_moved`: the server runs where it is now; otherwise as before.
Track track_of(const FoundServer& server, bool as_moved) {
  Track track;
  track.then = server.now;
  track.then.key = server.noted.key;
  track.then.channels.clear();
  const auto* channel = channel_of(server);
  if (channel != nullptr) track.stand.channel = *channel;
  if (server.noted.master.valid() || (as_moved && channel != nullptr)) {
    ReplicationChannel then;
    then.name = server.noted.channel;
    then.master = as_moved && channel != nullptr ? channel->master : server.noted.master;
    then.using_mariadb_gtid = server.noted.by_gtid;
    then.io_thread = runs_io(server.noted) ? ThreadState::running : ThreadState::stopped;
    then.sql_thread = runs_sql(server.noted) ? ThreadState::running : ThreadState::stopped;
    track.then.channels = {std::move(then)};
  }
  track.changed = server.noted.changed;
  track.change_unanswered = server.whereabouts == Whereabouts::torn;
  track.former_place = server.noted.former_place;
  track.new_place = server.noted.new_place;
  track.heartbeat = server.noted.heartbeat;
  return track;
}

}  // namespace

void end_connections(Servers& servers, const UnendedOperation& operation, const ExecutionOptions& options,
                     spdlog::logger& log) {
  in_parallel(operation.servers.size(), options.at_once, [&](std::size_t i) {
    const auto& noted = operation.servers[i];
    try {
      servers.end_connection(noted.key, noted.connection);
    } catch (const std::exception& error) {
      log.warn("{}: {}", operation.operation, error.what());  // the connection does nothing else, either
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
      server.whereabouts = whereabouts_of(server);
      server.runs = runs_as_noted(server);
      const bool torn = looks_torn(server), torn_back = looks_torn_back(server);
      if ((torn || torn_back) && servers.uptime(server.noted.key) <= operation.elapsed + reading_takes)
        server.whereabouts = torn ? Whereabouts::torn : Whereabouts::displaced;
    } catch (const std::exception& error) {
      server.whereabouts = Whereabouts::silent;
      server.error = error.what();
      return;
    }
    server.has_gone_on =
        server.whereabouts == Whereabouts::moved && needs_place(server.noted) &&
        (channel_of(server)->sql_thread != ThreadState::stopped || has_gone_on(track_of(server, true)));
  });
  return found;
}

std::string describe(const FoundServer& server) {
  const auto name = server.noted.key.display();
  const std::string_view state = server.runs ? "runs" : "is left stopped";
  switch (server.whereabouts) {
    case Whereabouts::silent: return fmt::format("{} does not answer: {}", name, server.error);
    case Whereabouts::as_before:
      if (channel_of(server) == nullptr) return fmt::format("{} does not replicate, as before", name);
      return fmt::format("{} {}, at {}, its master as before", name, state, place_of(server));
    case Whereabouts::displaced:
      return fmt::format("{} {}, at {}; before, it was at {}", name, state, place_of(server),
                         server.noted.former_place.display());
    case Whereabouts::moved: return fmt::format("{} was moved and {}, at {}", name, state, place_of(server));
    case Whereabouts::torn:
      return fmt::format(
          "{} {}, and must not run: it went down while its master was changed to {}, and is still at {} "
          "in the binary log of {}",
          name, state, channel_of(server)->master.display(), server.noted.former_place.display(),
          server.noted.master.display());
    case Whereabouts::forgotten: return describe_forgotten(server);
    case Whereabouts::elsewhere:
      return fmt::format("{} was moved by another client meanwhile: it {}, at {}", name, state,
                         place_of(server));
  }
  return name;
}

bool is_in_order(const FoundServer& server) {
  switch (server.whereabouts) {
    case Whereabouts::as_before:
    case Whereabouts::moved: return server.runs;
    case Whereabouts::elsewhere: return true;
    case Whereabouts::forgotten: return !server.noted.changed;  // as the operation intended
    default: return false;
  }
}

std::vector<Duty> duties(std::vector<FoundServer> found, Aim aim) {
  struct StrandState {
    bool has_moved = false, is_whole = true, has_gone_on = false;
  };
  std::map<int, StrandState> strands;
  for (const auto& server : found) {
    auto& strand = strands[server.noted.strand];
    const bool is_moved = server.whereabouts == Whereabouts::moved;
    strand.has_moved = strand.has_moved || is_moved;
    strand.has_gone_on = strand.has_gone_on || server.has_gone_on;
    if (has_destination(server) && !is_moved) strand.is_whole = false;
  }
  std::vector<Duty> all;
  for (auto& server : found) {
    const auto& strand = strands[server.noted.strand];
    const bool stays = strand.has_gone_on || (aim == Aim::finish && strand.has_moved && strand.is_whole);
    Duty duty;
    switch (server.whereabouts) {
      case Whereabouts::as_before:
        duty.what = channel_of(server) != nullptr ? Duty::What::start : Duty::What::leave_as_it_is;
        break;
      case Whereabouts::moved: duty.what = stays ? Duty::What::start : Duty::What::put_back; break;
      case Whereabouts::displaced:
      case Whereabouts::torn: duty.what = Duty::What::put_back; break;
      default: duty.what = Duty::What::leave_as_it_is;
    }
    duty.server = std::move(server);
    all.push_back(std::move(duty));
  }
  return all;
}

std::string describe(const Duty& duty) {
  const auto& noted = duty.server.noted;
  const auto name = noted.key.display();
  switch (duty.what) {
    case Duty::What::start:
      return fmt::format("{}: stop and start replication, at {}", name, place_of(duty.server));
    case Duty::What::put_back:
      if (!noted.master.valid()) return fmt::format("{}: remove its master, as before", name);
      return fmt::format("{}: repoint to {}, {}, and start", name, noted.master.display(),
                         noted.by_gtid ? "by GTID" : "beginning at " + noted.former_place.display());
    case Duty::What::leave_as_it_is: break;
  }
  return fmt::format("{}: nothing to do: {}", name, describe(duty.server));
}

std::vector<InstanceKey> unmoved(const UnendedOperation& operation, const std::vector<Duty>& duties) {
  std::map<InstanceKey, const Duty*> of;
  for (const auto& duty : duties) of[duty.server.noted.key] = &duty;
  std::vector<InstanceKey> keys;
  for (const auto& [replica, master] : operation.moves) {
    const auto found = of.find(replica);
    const bool stays = found != of.end() && (found->second->server.whereabouts == Whereabouts::elsewhere ||
                                             (found->second->server.whereabouts == Whereabouts::moved &&
                                              found->second->what == Duty::What::start));
    if (!stays) keys.push_back(replica);
  }
  return keys;
}

Restored restore(Servers& servers, const std::vector<Duty>& duties, const std::string& operation,
                 const ExecutionOptions& options, spdlog::logger& log) {
  Undo undo(servers, operation, options, log);
  std::vector<Track> tracks(duties.size());
  in_parallel(duties.size(), options.at_once, [&](std::size_t i) {
    const auto& [server, what] = duties[i];
    auto& track = tracks[i];
    track = track_of(server, what != Duty::What::put_back && server.whereabouts == Whereabouts::moved);
    switch (what) {
      case Duty::What::put_back:
        track.changed = true;
        undo.take_master_back(track);
        if (track.changed) break;  // reported as a leftover
        [[fallthrough]];
      case Duty::What::start: undo.start_again(track); break;
      case Duty::What::leave_as_it_is:
        if (!is_in_order(server)) undo.is_left(server.noted.key, describe(server));
        break;
    }
  });
  // After all are started: one may wait for another.
  in_parallel(tracks.size(), options.at_once, [&](std::size_t i) {
    if (!tracks[i].started) return;
    const auto& key = tracks[i].then.key;
    try {
      undo.await_running(tracks[i], true);
    } catch (const std::exception& error) {
      undo.is_left(key, fmt::format("{} does not replicate: {}", key.display(), error.what()));
    }
  });
  Restored restored;
  for (std::size_t i = 0; i < duties.size(); ++i) {
    if (duties[i].server.whereabouts != Whereabouts::silent) restored.now.push_back(tracks[i].now());
  }
  restored.left = undo.take_left();
  return restored;
}

}  // namespace topo::refactor
