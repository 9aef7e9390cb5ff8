#include "system/support/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sandbox/wait.h"
#include "topo/base/error.h"

namespace system_test {
namespace {

constexpr sandbox::Account application{"application", "app_pass"};
constexpr std::uint64_t rows_of_one = 1'000'000'000;  // ids of one application
constexpr std::chrono::milliseconds between_servers{2};

void prepare(sandbox::Server& server) {
  server.execute("CREATE DATABASE history");
  server.execute("CREATE TABLE history.written (id BIGINT UNSIGNED NOT NULL PRIMARY KEY) ENGINE = InnoDB");
  server.execute(
      fmt::format("CREATE USER '{}'@'%' IDENTIFIED BY '{}'", application.user, application.password));
  server.execute(fmt::format("GRANT SELECT, INSERT ON history.* TO '{}'@'%'", application.user));
  server.execute(fmt::format("GRANT REPLICATION CLIENT ON *.* TO '{}'@'%'", application.user));
}

std::string shown(const std::vector<std::uint64_t>& ids) {
  if (ids.empty()) return "";
  return fmt::format("{} rows, such as {} and {}", ids.size(), ids.front(), ids.back());
}

}  // namespace

History::History(sandbox::Topology& servers, std::string_view master, unsigned applications,
                 std::chrono::microseconds pause)
    : servers_(servers), pause_(pause) {
  prepare(servers.server(master));
  servers.wait_for_replication();
  std::size_t first = 0;
  for (std::size_t i = 0; i < servers.servers().size(); ++i) {
    auto& server = *servers.servers()[i];
    if (server.name() == master)
      first = i;
    else
      server.execute("SET GLOBAL read_only = 1");
  }
  for (unsigned number = 1; number <= applications; ++number) {
    applications_.emplace_back(
        [this, number, first](const std::stop_token& stop) { write(stop, number, first); });
  }
  await_more();
}

History::~History() {
  stop();
}

void History::stop() {
  for (auto& one : applications_) one.request_stop();
  applications_.clear();
}

void History::write(const std::stop_token& stop, unsigned number, std::size_t at) {
  std::optional<topo::mysql::Connection> connection;
  const auto& all = servers_.servers();
  for (auto id = number * rows_of_one; !stop.stop_requested(); ++id) {
    try {
      const auto& server = *all[at];
      if (!connection) connection = server.connect(application);
      connection->query(fmt::format("INSERT INTO history.written VALUES ({})", id));
      WrittenRow row{id, server.name(), {}, std::chrono::steady_clock::now()};
      {
        const std::lock_guard lock(mutex_);
        acknowledged_.push_back(row);
      }
      row.upto = sandbox::binlog_position(*connection, server.flavour());
      const std::lock_guard lock(mutex_);
      const auto own = std::find_if(acknowledged_.rbegin(), acknowledged_.rend(),
                                    [id](const auto& one) { return one.id == id; });
      own->upto = row.upto;
    } catch (const topo::Error&) {
      connection.reset();
      at = (at + 1) % all.size();
      std::this_thread::sleep_for(between_servers);
      continue;
    }
    std::this_thread::sleep_for(pause_);
  }
}

void History::await_more(std::size_t rows) {
  const auto count = [this] {
    const std::lock_guard lock(mutex_);
    return acknowledged_.size();
  };
  const auto wanted = count() + rows;
  sandbox::wait_until([&] { return count() >= wanted; }, sandbox::patience, "applications to write");
}

std::vector<WrittenRow> History::acknowledged() {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

std::chrono::milliseconds History::longest_gap() {
  const auto rows = acknowledged();
  std::chrono::steady_clock::duration longest{0};
  for (std::size_t i = 1; i < rows.size(); ++i) longest = std::max(longest, rows[i].at - rows[i - 1].at);
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

std::set<std::string> History::written_to(std::chrono::steady_clock::time_point begin) {
  std::set<std::string> names;
  for (const auto& row : acknowledged())
    if (row.at >= begin) names.insert(row.server);
  return names;
}

std::set<std::uint64_t> History::received_by(std::string_view replica, std::string_view master) {
  auto& server = servers_.server(replica);
  const bool says_replica = sandbox::says_replica(server.flavour());
  const auto status = server.query(says_replica ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS");
  if (status.empty()) return {};
  const sandbox::BinlogPosition received{
      status[0].string_or(says_replica ? "Source_Log_File" : "Master_Log_File"),
      status[0].number_or(says_replica ? "Read_Source_Log_Pos" : "Read_Master_Log_Pos")};
  std::set<std::uint64_t> ids;
  for (const auto& row : acknowledged())
    if (row.server == master && !row.upto.file.empty() && row.upto <= received) ids.insert(row.id);
  return ids;
}

std::set<std::uint64_t> History::rows_of(std::string_view name) {
  const auto rows = servers_.server(name).query("SELECT id FROM history.written");
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < rows.size(); ++i)
    ids.insert(static_cast<std::uint64_t>(rows[i].number_or("id")));
  return ids;
}

std::string History::missing_on(std::string_view server, const std::set<std::uint64_t>& rows) {
  const auto there = rows_of(server);
  std::vector<std::uint64_t> missing;
  std::ranges::set_difference(rows, there, std::back_inserter(missing));
  return shown(missing);
}

std::string History::missing_on(std::string_view server) {
  std::set<std::uint64_t> all;
  for (const auto& row : acknowledged()) all.insert(row.id);
  return missing_on(server, all);
}

std::string History::difference(std::string_view one, std::string_view other) {
  const auto here = rows_of(one), there = rows_of(other);
  std::vector<std::uint64_t> only_here, only_there;
  std::ranges::set_difference(here, there, std::back_inserter(only_here));
  std::ranges::set_difference(there, here, std::back_inserter(only_there));
  if (only_here.empty() && only_there.empty()) return "";
  return fmt::format("only on {}: {}; only on {}: {}", one, shown(only_here), other, shown(only_there));
}

std::string History::writable() {
  std::string names;
  for (const auto& server : servers_.servers()) {
    if (!server->running() || server->paused()) continue;
    if (server->query("SELECT @@global.read_only AS ro")[0].number_or("ro") != 0) continue;
    names += (names.empty() ? "" : " ") + server->name();
  }
  return names;
}

}  // namespace system_test
