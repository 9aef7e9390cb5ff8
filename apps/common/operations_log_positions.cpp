// What servers have executed: coordinates in their logs, by Pseudo-GTID, and errant transactions, by GTID.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/session.h"
#include "topo/refactor/errant_gtids.h"
#include "topo/refactor/errant_logs.h"
#include "topo/refactor/log_positions.h"
#include "topo/refactor/only_on.h"
#include "topo/topology/former_master.h"
#include "topo/topology/planning.h"

namespace orchestrator {
namespace {

using topo::BinlogCoordinates;
using topo::refactor::LogPositions;

// "{LogFile:binlog.000012 LogPos:4711 Type:0}", the format that users of the command line know.
std::string as_struct(const BinlogCoordinates& coordinates) {
  return fmt::format("{{LogFile:{} LogPos:{} Type:{}}}", coordinates.file, coordinates.position,
                     static_cast<int>(coordinates.type));
}

BinlogCoordinates parse_coordinates(std::string_view text) {
  const auto colon = text.rfind(':');
  BinlogCoordinates coordinates;
  if (colon != std::string_view::npos && colon > 0) {
    const auto digits = text.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), coordinates.position);
    if (!digits.empty() && error == std::errc{} && end == digits.data() + digits.size()) {
      coordinates.file = text.substr(0, colon);
      return coordinates;
    }
  }
  throw topo::Error(
      topo::Code::invalid_argument,
      fmt::format("\"{}\" is not a pair of binary log coordinates; expected file:position, as in "
                  "mysql-bin.000012:4711",
                  text));
}

Reply last_pseudo_gtid(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto reach = arguments.is_on(Parameter::strict) ? pgtid::Reach::all_files : pgtid::Reach::newest_file;
  const auto entry = LogPositions(session.context()).last_entry(key, reach);
  auto reply = Reply::with_details(as_struct(entry.at), Text{entry.text});
  reply.printed = fmt::format("{}:{}", as_struct(entry.at), entry.text);
  return reply;
}

Reply find_binlog_entry(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto entry =
      LogPositions(session.context()).event(key, std::string(arguments.text(Parameter::pattern)));
  auto reply = Reply::with_details(entry.at.display(), Text{entry.text});
  reply.printed = entry.at.display();
  return reply;
}

Reply correlate_binlog_pos(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto other = find_key(session, arguments.sibling());
  std::optional<BinlogCoordinates> coordinates;
  if (arguments.has(Parameter::binlog)) coordinates = parse_coordinates(arguments.text(Parameter::binlog));
  const auto found = LogPositions(session.context()).correlated(key, coordinates, other);
  auto reply = Reply::with_details(found.display(), Text{found.display()});
  reply.printed = found.display();
  return reply;
}

// The master in the place of a former master that answers again; nullopt: it is none.
std::optional<topo::InstanceKey> master_in_place_of(Session& session,
                                                    const std::optional<topo::KnownInstance>& known) {
  if (!known || !topo::is_returned(*known)) return std::nullopt;
  const auto& replaced = *known->replaced;
  if (topo::is_successor_unknown(*known)) {
    throw topo::Error(topo::Code::refused,
                      fmt::format("{} cannot be compared with the master in its place: {}; discover the "
                                  "present master, and rejoin -s MASTER compares with that",
                                  known->instance.key.display(), topo::describe_replacement(*known)));
  }
  const topo::Topology topology(session.store().instances().read_cluster(replaced.successor_cluster_name));
  return topo::master_of_cluster(topology, replaced.successor).instance.key;
}

std::optional<topo::GtidLead> read_errant(Session& session, topo::refactor::Servers& servers,
                                          const topo::InstanceKey& key) {
  const auto stored = session.store().instances().read(key);
  if (const auto master = master_in_place_of(session, stored))
    return topo::refactor::only_on(session.context(), servers, key, *master).gtids;
  return topo::refactor::errant_gtids(servers, key, stored ? std::optional(stored->instance) : std::nullopt);
}

Reply which_only_on(Session& session, const topo::InstanceKey& key, const topo::InstanceKey& master) {
  const auto servers = topo::refactor::live_servers(session.context());
  const auto there = topo::refactor::only_on(session.context(), *servers, key, master);
  const auto events = fmt::format("{}", fmt::join(there.events, "\n"));
  const auto what = there.gtids ? topo::describe(*there.gtids)
                    : there.events.empty()
                        ? std::string("nothing")
                        : fmt::format("{}{} events since the last common Pseudo-GTID entry",
                                      there.has_more_events ? "more than " : "", there.events.size());
  const auto printed = there.gtids ? there.gtids->gtids : events;
  auto reply =
      Reply::with_details(fmt::format("{}, a former master, has {} that {}, the master in its place, "
                                      "does not have",
                                      key.display(), what, master.display()),
                          Text{printed});
  reply.printed = printed;
  return reply;
}

Reply which_gtid_errant(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  if (const auto master = master_in_place_of(session, session.store().instances().read(key)))
    return which_only_on(session, key, *master);
  const auto servers = topo::refactor::live_servers(session.context());
  const auto errant = read_errant(session, *servers, key);
  auto reply = Reply::with_details(
      errant ? fmt::format("{} has executed {} that its master does not have", key.display(),
                           topo::describe(*errant))
             : fmt::format("{} has executed nothing that its master does not have", key.display()),
      Text{errant ? errant->gtids : ""});
  reply.printed = errant ? errant->gtids : "";
  return reply;
}

Reply locate_gtid_errant(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto servers = topo::refactor::live_servers(session.context());
  const auto errant = read_errant(session, *servers, key);
  if (!errant)
    throw topo::Error(topo::Code::refused, fmt::format("{} has no errant transactions", key.display()));
  return Reply::with_details("located errant GTID",
                             NameList{topo::refactor::errant_logs(*servers, key, *errant)});
}

Operation last_pseudo_gtid_op() {
  Operation operation;
  operation.name = "last-pseudo-gtid";
  operation.group = Group::information;
  operation.access = Access::write;  // it reads the server's logs, however long that takes
  operation.parameters = {{Parameter::instance, Need::implicit}, {Parameter::strict, Need::optional}};
  operation.summary = "Show the last Pseudo-GTID entry that an instance has executed";
  operation.help =
      R"(Looks into its newest binary log, or relay log if it does not log what it replicates; with -strict into older
ones, too.

  orchestrator -c last-pseudo-gtid -i db3.example.com
      {LogFile:mysql-bin.000012 LogPos:4711 Type:0}:drop view if exists `meta`.`_pseudo_gtid_hint__…`
)";
  operation.routes = {"/api/last-pseudo-gtid/:host/:port?strict=:strict"};
  operation.handler = last_pseudo_gtid;
  return operation;
}

Operation find_binlog_entry_op() {
  Operation operation;
  operation.name = "find-binlog-entry";
  operation.group = Group::information;
  operation.access = Access::write;
  operation.parameters = {{Parameter::instance, Need::implicit}, {Parameter::pattern, Need::required}};
  operation.summary = "Show where an event is in the binary logs of an instance, by its text";
  operation.help =
      R"(-pattern is the whole text of the event as SHOW BINLOG EVENTS shows it, not a regular expression. The binary logs
are read, from the newest to the oldest, until one has it.

  orchestrator -c find-binlog-entry -i db3.example.com -pattern "use `meta`; drop view if exists …"
)";
  operation.routes = {"/api/find-binlog-entry/:host/:port?pattern=:pattern"};
  operation.handler = find_binlog_entry;
  return operation;
}

Operation correlate_binlog_pos_op() {
  Operation operation;
  operation.name = "correlate-binlog-pos";
  operation.group = Group::information;
  operation.access = Access::write;
  operation.parameters = {{Parameter::instance, Need::implicit},
                          {Parameter::sibling, Need::required},
                          {Parameter::binlog, Need::optional}};
  operation.summary = "Find the corresponding coordinates in the binary log of another instance";
  operation.help =
      R"(They are found by Pseudo-GTID, as match-below finds them; nothing is changed on either server. Without -binlog, the
coordinates are the end of the log of -i. -d is another name for -s.

  orchestrator -c correlate-binlog-pos -i db2.example.com -binlog mysql-bin.000012:4711 -s db3.example.com
)";
  operation.routes = {"/api/correlate-binlog-pos/:host/:port/:belowHost/:belowPort?binlog=:binlog"};
  operation.handler = correlate_binlog_pos;
  return operation;
}

Operation which_gtid_errant_op() {
  Operation operation;
  operation.name = "which-gtid-errant";
  operation.group = Group::information;
  operation.access = Access::write;  // it connects to the servers
  operation.parameters = {{Parameter::instance, Need::implicit}};
  operation.summary = "Show the errant transactions of a replica: those that its master does not have";
  operation.help =
      R"(The replica and its masters are read now. Prints the GTIDs of what the replica has executed and its master has neither
executed nor received, or an empty line. A former master that answers again is compared with the master in its place;
without GTIDs, the events of its binary logs since the last common Pseudo-GTID entry are printed, at most 100 of them. What a member of a ring of masters has committed itself is not errant.

MariaDB reports only the last transaction of each domain and server. A transaction is errant there if its number is above
those that the master has reached in the domain, if the master has logged earlier ones of the same server, or another one
with the same number, or if the replica has committed it itself since orchestrator first read it.

  orchestrator -c which-gtid-errant -i db3.example.com
      3e11fa47-71ca-11e1-9e33-c80aa9429562:1-3
)";
  operation.routes = {"/api/which-gtid-errant/:host/:port"};
  operation.handler = which_gtid_errant;
  return operation;
}

Operation locate_gtid_errant_op() {
  Operation operation;
  operation.name = "locate-gtid-errant";
  operation.group = Group::information;
  operation.access = Access::write;  // it reads the server's logs
  operation.parameters = {{Parameter::instance, Need::implicit}};
  operation.summary = "Show which binary logs of a replica have its errant transactions";
  operation.help =
      R"(Prints the names of the binary logs, the oldest first, one per line. The errant transactions are those that
which-gtid-errant prints. Only the beginnings of the logs are read. An error if nothing is errant, or if the replica has
purged some of these logs.

  orchestrator -c locate-gtid-errant -i db3.example.com
      mysql-bin.000012
)";
  operation.routes = {"/api/locate-gtid-errant/:host/:port"};
  operation.handler = locate_gtid_errant;
  return operation;
}

}  // namespace

Catalogue log_position_operations() {
  return {last_pseudo_gtid_op(), find_binlog_entry_op(), correlate_binlog_pos_op(), which_gtid_errant_op(),
          locate_gtid_errant_op()};
}

}  // namespace orchestrator
