// How errant transactions are mended on real servers.
#include <fmt/format.h>

#include <algorithm>

#include "refactor/live_servers.h"
#include "topo/base/error.h"
#include "topo/model/gtid_list.h"
#include "topo/model/gtid_set.h"
#include "topo/mysql/gtid_statements.h"
#include "topo/topology/planning.h"

namespace topo::refactor {
namespace {

std::string text_of(const mysql::ResultSet& rows, std::size_t column = 0) {
  return rows.empty() ? "" : std::string(rows[0].text(column).value_or(""));
}

// An account that may not set gtid_next, or a server that goes down, must not leave the session with one: the
// next statement would use it.
void commit_empty(mysql::Connection& connection, const std::string& gtid) {
  const auto statements = mysql::commit_empty_transaction(connection.quoted(gtid));
  const auto answers = connection.query_all(statements);
  const auto failed =
      std::ranges::find_if(answers, [](const auto& answer) { return answer.error.has_value(); });
  if (failed == answers.end()) return;
  const auto error = *failed->error;
  if (!error.connection_lost()) {
    const auto clean = mysql::leave_empty_transaction();
    (void)connection.query_all(clean);
  }
  throw error;
}

}  // namespace

void LiveServers::inject_empty(const Instance& server, const std::string& gtids) {
  const auto server_lock = lock_server(server.key);
  const auto executed =
      GtidSet::parse(text_of(command(server.key, std::string(mysql::select_executed_gtids))));
  std::size_t committed = 0;
  const auto all = GtidSet::parse(gtids).minus(executed).each(max_injected);
  for (const auto& gtid : all) {
    try {
      connections_.with(server.key, [&](ServerConnection& there) {
        commit_empty(there.connection, gtid);
        return 0;
      });
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}; {} of {} empty transactions were committed", error.what(),
                                            committed, all.size()));
    }
    ++committed;
  }
}

void LiveServers::reset_gtids(const Instance& server, const std::string& errant,
                              const std::string& executed) {
  const auto server_lock = lock_server(server.key);
  if (is_mariadb(server.version)) {
    reset_gtids_of_mariadb(server, errant);
    return;
  }
  constexpr int tries = 5;
  auto& link = connections_.to(server.key);
  const auto wanted = GtidSet::parse(executed);
  const auto set_purged = mysql::set_gtid_purged(link.connection.quoted(wanted.text()));
  for (int left = tries;; --left) {
    const auto now = GtidSet::parse(text_of(command(server.key, std::string(mysql::select_executed_gtids))));
    if (now == wanted) return;
    if (left == 0) break;
    if (!now.empty()) command(server.key, connections_.to(server.key).dialect.reset_binary_logs());
    try {
      command(server.key, set_purged);
    } catch (const mysql::SqlError& error) {
      // A client has committed something meanwhile.
      if (!mysql::is_not_empty(error.number())) throw;
    }
  }
  throw Error(Code::refused,
              fmt::format("clients commit transactions on {} all the time; set it read-only, and SET GLOBAL "
                          "gtid_purged = '{}' after RESET MASTER",
                          server.key.display(), executed));
}

// Replication continues at gtid_slave_pos: the server must have replicated all that it does not forget.
void LiveServers::reset_gtids_of_mariadb(const Instance& server, const std::string& errant) {
  const auto name = server.key.display();
  const auto rows = command(server.key, std::string(mysql::select_gtid_positions));
  const auto position = GtidList::parse(text_of(rows)).gtids();
  const auto logged = GtidList::parse(text_of(rows, 1));
  const auto own = static_cast<std::uint32_t>(rows[0].number(2).value_or(0));
  const auto ranges = parse_gtid_ranges(errant);
  for (const auto& range : ranges) {
    if (range.server != own)
      throw Error(
          Code::refused,
          fmt::format("{} has replicated errant transactions of server {}, which it cannot forget; it must "
                      "be built again from a copy of its master",
                      name, range.server));
  }
  for (const auto& gtid : logged.gtids()) {
    const auto range = std::ranges::find_if(
        ranges, [&](const auto& one) { return one.domain == gtid.domain && one.server == gtid.server; });
    const auto needed = range == ranges.end() ? gtid.number : range->after;
    const auto reached =
        std::ranges::find_if(position, [&](const auto& one) { return one.domain == gtid.domain; });
    if (needed > 0 && (reached == position.end() || reached->number < needed)) {
      throw Error(
          Code::refused,
          fmt::format("{} would forget more than errant transactions: it has logged {}-{}-{}, and its "
                      "gtid_slave_pos is \"{}\"",
                      name, gtid.domain, gtid.server, gtid.number, text_of(rows)));
    }
  }
  command(server.key, connections_.to(server.key).dialect.reset_binary_logs());
}

}  // namespace topo::refactor
