// The step that makes a server execute all that its master has logged, and makes sure that nothing follows.
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "refactor/steps.h"
#include "topo/base/error.h"
#include "topo/mysql/dialect.h"
#include "topo/topology/gtids.h"

namespace topo::refactor {
namespace {

[[noreturn]] void throw_still_writes(const Instance& master, const std::string& writers = "") {
  if (!master.read_only) {
    throw Error(Code::timeout, fmt::format("{} is written to: its binary log goes on growing; set-read-only "
                                           "ends that",
                                           master.key.display()));
  }
  throw Error(Code::timeout,
              fmt::format("{} is read-only, and its binary log goes on growing: accounts with SUPER, or with "
                          "READ ONLY ADMIN, write there{}{}",
                          master.key.display(), writers.empty() ? "" : ": ", writers));
}

}  // namespace

void Steps::act(const CatchUpWithMaster& step) {
  auto& server = state_of(step.server);
  auto& master = state_of(step.master);
  const auto end_of_master = [&] {
    master.update(servers_.look(master.former, {.log_end = true}));
    return master.log_end;
  };
  // Where read_only does not hold for all. A master that was read-only before has no clients.
  const bool some_may_write =
      master.former_read_only && !mysql::Dialect::of(master.former.version).has_super_read_only();
  // A look may fall between two writes of a client; the more so among many looks, when it was seen writing.
  const auto begin = std::chrono::steady_clock::now();
  const auto deadline = begin + options_.match_wait;
  std::optional<std::chrono::steady_clock::time_point> written_at;
  QuietLogEnd quiet;
  for (auto end = end_of_master();; end = quiet.end) {
    try {
      wait_for_end(server, master, end);
    } catch (const Error& error) {
      if (error.code() != Code::timeout || !written_at) throw;
      throw_still_writes(master.former, quiet.writers);
    }
    quiet = some_may_write ? servers_.quiet_log_end(master.former) : QuietLogEnd{end_of_master(), "", ""};
    const auto now = std::chrono::steady_clock::now();
    const bool is_written = quiet.end != end || !quiet.writers.empty();
    if (is_written) written_at = now;
    const bool is_over = written_at ? now - *written_at >= options_.end_of_writes
                                    : !some_may_write || now - begin >= options_.between_writes;
    if (!is_written && is_over) break;
    if (now > deadline) throw_still_writes(master.former, quiet.writers);
    // No look in between: each blocks commits, and the end of the log shows all that was written.
    if (!is_written)
      std::this_thread::sleep_until(written_at ? *written_at + options_.end_of_writes
                                               : begin + options_.between_writes);
  }
  if (!quiet.doubt.empty()) note_shortcoming(std::move(quiet.doubt));
  server.wanted.log_end = true;
  act(StopReplication{step.server});
  if (is_mariadb(master.former.version)) master.at_end = servers_.read(step.master);
  // MariaDB may append an event that is no transaction.
  if (end_of_master() != executed(step.server) && !has_all_by_gtid(server, master))
    throw_still_writes(master.former);
  if (!server.meeting) return;
  server.new_coordinates = executed(step.server);
  server.former_coordinates = server.meeting->before;
  note(server);
}

// By GTID a master need not send what its log ends with, if the server has executed that already.
void Steps::wait_for_end(ServerState& server, const ServerState& master, const BinlogCoordinates& end) {
  try {
    server.update(servers_.wait_for(server.former, end));
  } catch (const Error& error) {
    if (error.code() == Code::unreachable || !has_all_of(server, master)) throw;
    server.update(servers_.look(server.former));
  }
}

bool Steps::has_all_of(const ServerState& server, const ServerState& master) {
  return server.changed && has_all_by_gtid(server, master);
}

bool Steps::has_all_by_gtid(const ServerState& server, const ServerState& master) {
  const auto* former = server.former.replication();
  const bool is_by_gtid = former != nullptr && (former->using_oracle_gtid || former->using_mariadb_gtid);
  if (!is_by_gtid) return false;
  auto now = servers_.read(server.former.key);
  for (auto& channel : now.channels) channel.received_gtids.clear();
  return !lead_by_gtid(servers_.read(master.former.key), now);
}

}  // namespace topo::refactor
