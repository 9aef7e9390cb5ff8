#include "topo/mysql/replication_statements.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace topo::mysql {
namespace {

std::string_view name_of(Threads threads) {
  switch (threads) {
    case Threads::both: return "";
    case Threads::io: return " IO_THREAD";
    case Threads::sql: return " SQL_THREAD";
  }
  return "";
}

std::string_view name_of(GtidUse use) {
  switch (use) {
    case GtidUse::no: return "no";
    case GtidUse::slave_pos: return "slave_pos";
    case GtidUse::current_pos: return "current_pos";
  }
  return "";
}

}  // namespace

ReplicationStatements::ReplicationStatements(const Dialect& dialect, std::string_view channel,
                                             const Quote& quote)
    : dialect_(dialect), channel_(channel.empty() ? "" : quote(channel)), quote_(quote) {}

// MariaDB names the connection after the verb, MySQL the channel at the end.
std::string ReplicationStatements::command(std::string_view verb, std::string_view rest) const {
  if (channel_.empty()) return fmt::format("{}{}", verb, rest);
  if (dialect_.flavour() == Flavour::mariadb) return fmt::format("{} {}{}", verb, channel_, rest);
  return fmt::format("{}{} FOR CHANNEL {}", verb, rest, channel_);
}

std::string ReplicationStatements::stop(Threads threads) const {
  return command(dialect_.says_replica() ? "STOP REPLICA" : "STOP SLAVE", name_of(threads));
}

std::string ReplicationStatements::start(Threads threads) const {
  return command(dialect_.says_replica() ? "START REPLICA" : "START SLAVE", name_of(threads));
}

std::string ReplicationStatements::coordinates_options(const BinlogCoordinates& coordinates) const {
  return fmt::format("{0}_LOG_FILE = {1}, {0}_LOG_POS = {2}", dialect_.says_source() ? "SOURCE" : "MASTER",
                     quote_(coordinates.file), coordinates.position);
}

std::string ReplicationStatements::start_until(const BinlogCoordinates& coordinates) const {
  return command(dialect_.says_replica() ? "START REPLICA" : "START SLAVE",
                 fmt::format(" UNTIL {}", coordinates_options(coordinates)));
}

std::string ReplicationStatements::start_until_gaps_are_filled() const {
  return command(dialect_.says_replica() ? "START REPLICA" : "START SLAVE",
                 " SQL_THREAD UNTIL SQL_AFTER_MTS_GAPS");
}

std::string ReplicationStatements::wait_for(const BinlogCoordinates& coordinates,
                                            std::chrono::seconds timeout) const {
  return fmt::format("SELECT {}({}, {}, {}{}{})",
                     dialect_.waits_for_source() ? "SOURCE_POS_WAIT" : "MASTER_POS_WAIT",
                     quote_(coordinates.file), coordinates.position, timeout.count(),
                     channel_.empty() ? "" : ", ", channel_);
}

std::string ReplicationStatements::show_binlog_events(const BinlogCoordinates& from, std::size_t most) const {
  return fmt::format("SHOW BINLOG EVENTS IN {} FROM {} LIMIT {}", quote_(from.file), from.position, most);
}

std::string ReplicationStatements::show_relaylog_events(std::string_view file, std::size_t skipped,
                                                        std::size_t most) const {
  const auto which = fmt::format("EVENTS IN {} LIMIT {}, {}", quote_(file), skipped, most);
  if (channel_.empty()) return "SHOW RELAYLOG " + which;
  if (dialect_.flavour() == Flavour::mariadb) return fmt::format("SHOW RELAYLOG {} {}", channel_, which);
  return fmt::format("SHOW RELAYLOG {} FOR CHANNEL {}", which, channel_);
}

std::string ReplicationStatements::change_master(const MasterChange& change) const {
  const std::string_view word = dialect_.says_source() ? "SOURCE" : "MASTER";
  std::string options = fmt::format(" {0}_HOST = {1}, {0}_PORT = {2}", word, quote_(change.master.hostname()),
                                    change.master.port());
  // Comes before options that a server may not know: a syntax error quotes what follows, which must not be
  // the password.
  if (change.account) options += account_options(*change.account);
  if (change.from) options += ", " + coordinates_options(*change.from);
  if (change.begins_gtid) {
    options += dialect_.flavour() == Flavour::mariadb ? std::string(", MASTER_USE_GTID = slave_pos")
                                                      : fmt::format(", {}_AUTO_POSITION = 1", word);
  }
  options += heartbeat_option(change.heartbeat);
  if (change.delay.count() > 0) options += fmt::format(", {}_DELAY = {}", word, change.delay.count());
  const auto verb = dialect_.says_source() ? "CHANGE REPLICATION SOURCE" : "CHANGE MASTER";
  // MariaDB: CHANGE MASTER 'name' TO …
  return command(verb, " TO" + options);
}

std::string ReplicationStatements::begin_gtid(const MasterChange& change) const {
  if (!change.begins_gtid || dialect_.flavour() != Flavour::mariadb) return {};
  if (change.gtid_position.empty()) return "SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_current_pos";
  return "SET GLOBAL gtid_slave_pos = " + quote_(change.gtid_position);
}

std::string ReplicationStatements::blank_master_host() const {
  return command("CHANGE MASTER", " TO MASTER_HOST = " + quote_("_"));
}

std::string ReplicationStatements::account_options(const ReplicationAccount& account) const {
  const std::string_view word = dialect_.says_source() ? "SOURCE" : "MASTER";
  auto options = fmt::format(", {0}_USER = {1}, {0}_PASSWORD = {2}", word, quote_(account.user),
                             quote_(account.password));
  const bool encrypts = account.tls || !account.ca_file.empty() || !account.cert_file.empty();
  if (encrypts) options += fmt::format(", {}_SSL = 1", word);
  const auto add_file = [&](std::string_view name, const std::string& file) {
    if (!file.empty()) options += fmt::format(", {}_SSL_{} = {}", word, name, quote_(file));
  };
  add_file("CA", account.ca_file);
  add_file("CERT", account.cert_file);
  add_file("KEY", account.key_file);
  // Without TLS, the password is encrypted with this key.
  if (!encrypts && dialect_.asks_for_public_key()) options += fmt::format(", GET_{}_PUBLIC_KEY = 1", word);
  return options;
}

std::string ReplicationStatements::heartbeat_option(
    std::optional<std::chrono::milliseconds> heartbeat) const {
  if (!heartbeat) return "";
  return fmt::format(", {}_HEARTBEAT_PERIOD = {}.{:03}", dialect_.says_source() ? "SOURCE" : "MASTER",
                     heartbeat->count() / 1000, heartbeat->count() % 1000);
}

std::string ReplicationStatements::change_coordinates(
    const BinlogCoordinates& coordinates, std::optional<std::chrono::milliseconds> heartbeat) const {
  return command(dialect_.says_source() ? "CHANGE REPLICATION SOURCE" : "CHANGE MASTER",
                 " TO " + coordinates_options(coordinates) + heartbeat_option(heartbeat));
}

std::string ReplicationStatements::use_gtid(GtidUse use, const BinlogCoordinates& relay,
                                            std::optional<std::chrono::milliseconds> heartbeat) const {
  return command("CHANGE MASTER",
                 fmt::format(" TO MASTER_USE_GTID = {}, RELAY_LOG_FILE = {}, RELAY_LOG_POS = {}{}",
                             name_of(use), quote_(relay.file), relay.position, heartbeat_option(heartbeat)));
}

std::string ReplicationStatements::change_delay(std::chrono::seconds delay, const BinlogCoordinates& relay,
                                                GtidUse use,
                                                std::optional<std::chrono::milliseconds> heartbeat) const {
  auto options =
      fmt::format(" TO {}_DELAY = {}", dialect_.says_source() ? "SOURCE" : "MASTER", delay.count());
  if (!dialect_.changes_delay_alone())
    options += fmt::format(", RELAY_LOG_FILE = {}, RELAY_LOG_POS = {}", quote_(relay.file), relay.position);
  // Given a relay log alone, MariaDB would stop replicating by GTID.
  if (dialect_.flavour() == Flavour::mariadb)
    options += fmt::format(", MASTER_USE_GTID = {}{}", name_of(use), heartbeat_option(heartbeat));
  return command(dialect_.says_source() ? "CHANGE REPLICATION SOURCE" : "CHANGE MASTER", options);
}

// MariaDB's counter applies to the connection named by the session.
std::string ReplicationStatements::skip_next() const {
  const std::string name =
      dialect_.waits_for_source() ? "sql_replica_skip_counter" : "sql_slave_skip_counter";
  if (dialect_.flavour() != Flavour::mariadb || channel_.empty())
    return fmt::format("SET GLOBAL {} = 1", name);
  return fmt::format("SET @@default_master_connection = {}, GLOBAL {} = 1", channel_, name);
}

std::string ReplicationStatements::reset() const {
  return command(dialect_.says_replica() ? "RESET REPLICA" : "RESET SLAVE",
                 dialect_.forgets_master() ? " ALL" : "");
}

std::string ReplicationStatements::reset_relay_logs() const {
  return command(dialect_.says_replica() ? "RESET REPLICA" : "RESET SLAVE", "");
}

std::string ReplicationStatements::show_heartbeat() const {
  if (!dialect_.has_replication_tables()) return "SHOW GLOBAL STATUS LIKE 'Slave_heartbeat_period'";
  return fmt::format(
      "SELECT HEARTBEAT_INTERVAL FROM performance_schema.replication_connection_configuration"
      " WHERE CHANNEL_NAME = {}",
      channel_.empty() ? "''" : channel_);
}

MasterChange without_password(MasterChange change) {
  if (change.account) change.account->password = "****";
  return change;
}

std::optional<std::chrono::milliseconds> parse_heartbeat(const ResultSet& rows) {
  if (rows.empty() || rows.columns().empty()) return std::nullopt;
  const auto text = rows[0].text(rows.columns().size() - 1);
  if (!text) return std::nullopt;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  constexpr double most = 4294967;  // the manual's limit
  if (error != std::errc{} || !(seconds >= 0 && seconds <= most)) return std::nullopt;
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace topo::mysql
