#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "sandbox/installation.h"
#include "sandbox/saved_sandbox.h"
#include "sandbox/temporary.h"
#include "sandbox/topology.h"
#include "sandbox/wait.h"
#include "sandbox/writer.h"
#include "topo/base/error.h"

namespace sandbox_test {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::Options;
using sandbox::Server;
using sandbox::Topology;
using sandbox::wait_until;

namespace {

using sandbox::patience;

// Prints SKIPPED where a flavour is not installed.
bool is_there(Flavour flavour) {
  const auto reason = sandbox::why_not_available(flavour);
  if (reason) WARN("skipped: " << *reason);
  return !reason;
}

Flavour any_flavour() {
  return GENERATE(Flavour::mariadb_10_11, Flavour::mysql_5_6, Flavour::mysql_9_7, Flavour::mariadb_11_8);
}

void write_row(Server& server, int number) {
  server.execute("create database if not exists proof");
  server.execute("create table if not exists proof.rows_written (id int primary key) engine = innodb");
  server.execute(fmt::format("insert into proof.rows_written values ({})", number));
}

// 0 for a replica that does not have the table, or even its database, yet.
std::int64_t rows(Server& server) {
  constexpr unsigned no_such_database = 1049, no_such_table = 1146;
  try {
    return server.query("select count(*) as n from proof.rows_written")[0].number_or("n", -1);
  } catch (const topo::mysql::SqlError& error) {
    if (error.number() != no_such_database && error.number() != no_such_table) throw;
    return 0;
  }
}

bool is_running(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
  return file.peek() != std::ifstream::traits_type::eof();  // the file of a zombie is empty
}

}  // namespace

TEST_CASE("four servers of each flavour replicate soon, and leave nothing behind", "[sandbox][timed]") {
  const Flavour flavour = any_flavour();
  CAPTURE(to_string(flavour));
  if (!is_there(flavour)) return;
  { const Topology made_for_the_template("a", {.flavour = flavour}); }

  const auto begin = std::chrono::steady_clock::now();
  auto topology = std::make_unique<Topology>("a > b > c, a > d", Options{.flavour = flavour});
  const auto taken = std::chrono::steady_clock::now() - begin;
  CHECK(taken < (flavour == Flavour::mariadb_10_11 ? 3s : 20s));

  write_row(topology->server("a"), 1);
  topology->wait_for_replication();
  for (const char* name : {"a", "b", "c", "d"}) {
    CHECK(rows(topology->server(name)) == 1);
    CHECK(topology->server(name).replicates() == (name != std::string("a")));
  }
  CHECK(topology->server("c").replication_status()->master == topology->server("b").key());

  const auto folder = topology->folder();
  const pid_t pid = topology->server("d").pid();
  REQUIRE(is_running(pid));
  topology.reset();
  CHECK_FALSE(std::filesystem::exists(folder));
  CHECK_FALSE(is_running(pid));
}

TEST_CASE("a killed server loses nothing and comes back unchanged", "[sandbox]") {
  const Flavour flavour = any_flavour();
  CAPTURE(to_string(flavour));
  if (!is_there(flavour)) return;
  const Topology topology("a > b", {.flavour = flavour});
  Server& master = topology.server("a");
  Server& replica = topology.server("b");
  write_row(master, 1);
  topology.wait_for_replication();

  master.kill9();
  CHECK_FALSE(master.running());
  CHECK_THROWS_AS(master.query("select 1"), topo::Error);
  wait_until([&] { return replica.replication_status()->io == "Connecting"; }, patience,
             "the replica to notice");

  master.start();
  CHECK(rows(master) == 1);
  write_row(master, 2);
  wait_until([&] { return rows(replica) == 2; }, patience, "the replica to go on");

  replica.stop();
  CHECK_THROWS_AS(replica.kill9(), topo::Error);
  write_row(master, 3);
  replica.start();
  wait_until([&] { return replica.replicates() && rows(replica) == 3; }, patience, "the replica to catch up");
  replica.restart();
  CHECK(rows(replica) == 3);
}

TEST_CASE("a paused server does not answer, and does not end", "[sandbox]") {
  const Topology topology("a");
  Server& server = topology.server("a");
  server.pause();
  CHECK(server.paused());
  topo::mysql::ConnectionOptions options;
  options.server = server.key();
  options.user = sandbox::root_account.user;
  options.connect_timeout = 1s;
  CHECK_THROWS_AS(topo::mysql::Connection(options), topo::Error);
  server.resume();
  CHECK(server.query("select 1").size() == 1);
  CHECK_FALSE(server.paused());
  server.pause();
  server.stop();
  CHECK_FALSE(server.running());
}

TEST_CASE("nothing is left behind when the owner of a sandbox is killed", "[sandbox]") {
  const sandbox::TemporaryFolder parent;
  const auto folder = parent.path() / "servers";
  const auto report = parent.path() / "pids";
  const pid_t owner = fork();
  REQUIRE(owner >= 0);
  if (owner == 0) {
    try {
      const Topology topology("a > b", {.folder = folder});
      topology.server("b").pause();  // cannot end by itself
      const auto unfinished = parent.path() / "unfinished";
      std::ofstream(unfinished) << topology.server("a").pid() << ' ' << topology.server("b").pid();
      std::filesystem::rename(unfinished, report);
      while (true) ::pause();
    } catch (const std::exception&) {
      _exit(1);
    }
  }
  wait_until([&] { return std::filesystem::exists(report) || waitpid(owner, nullptr, WNOHANG) != 0; },
             patience, "the owner to start its servers");
  std::ifstream file(report);
  const std::vector<pid_t> pids{std::istream_iterator<pid_t>(file), {}};
  REQUIRE(pids.size() == 2);
  REQUIRE(is_running(pids[0]));
  REQUIRE(is_running(pids[1]));

  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  wait_until([&] { return !is_running(pids[0]) && !is_running(pids[1]) && !std::filesystem::exists(folder); },
             patience, "servers and folder to vanish");
}

TEST_CASE("a server that does not start is reported with its log, and leaves nothing behind", "[sandbox]") {
  const sandbox::TemporaryFolder parent;
  const auto folder = parent.path() / "servers";
  Options options{.folder = folder};
  options.servers["b"].extra_options = {"--no-such-option=1"};
  try {
    const Topology topology("a > b", options);
    FAIL("was started");
  } catch (const topo::Error& error) {
    CHECK_THAT(error.what(), Catch::Contains("server b ended") && Catch::Contains("no-such-option"));
  }
  CHECK_FALSE(std::filesystem::exists(folder));

  options = {};
  options.servers["x"].format = "STATEMENT";
  CHECK_THROWS_WITH(Topology("a", options), Catch::Contains("server x"));
}

TEST_CASE("the accounts of a sandbox have the privileges for their purpose", "[sandbox]") {
  const Flavour flavour = any_flavour();
  CAPTURE(to_string(flavour));
  if (!is_there(flavour)) return;
  const Topology topology("a > b", {.flavour = flavour, .pseudo_gtid = true});
  const bool new_words = sandbox::says_replica(flavour);
  auto ours = topology.server("b").connect(sandbox::orchestrator_account);
  CHECK(ours.query(new_words ? "show replica status" : "show slave status").size() == 1);
  CHECK(ours.query("select anchor from meta.pseudo_gtid_status").size() == 1);
  ours.query(new_words ? "stop replica" : "stop slave");
  ours.query("set global read_only = 1");
  auto at_master = topology.server("a").connect(sandbox::orchestrator_account);
  CHECK_NOTHROW(at_master.query("show binlog events limit 1"));

  auto nobody = topology.server("a").connect(sandbox::grantless_account);
  CHECK_THROWS_AS(nobody.query(new_words ? "show replica status" : "show slave status"),
                  topo::mysql::SqlError);
}

TEST_CASE("Pseudo-GTID entries reach the binary log of a replica in either format", "[sandbox]") {
  const Flavour flavour = any_flavour();
  const std::string format = GENERATE("ROW", "STATEMENT");
  CAPTURE(to_string(flavour), format);
  if (!is_there(flavour)) return;
  const Topology topology("a > b", {.flavour = flavour, .format = format, .pseudo_gtid = true});
  Server& replica = topology.server("b");
  CHECK(replica.query("select @@global.binlog_format as format")[0].string_or("format") == format);
  const auto entries = [&] {
    const auto events = replica.query("show binlog events");
    std::set<std::string> found;
    for (std::size_t event = 0; event < events.size(); ++event) {
      const std::string info = events[event].string_or("Info");
      constexpr std::string_view mark = "drop view if exists `meta`.`_pseudo_gtid_hint__";
      const auto at = info.find(mark);
      if (at != std::string::npos) found.insert(info.substr(at + mark.size(), 36));
    }
    return found.size();
  };
  wait_until([&] { return entries() >= 2; }, patience, "two entries");
}

TEST_CASE("servers with their own addresses are seen there", "[sandbox]") {
  const Flavour flavour = any_flavour();
  CAPTURE(to_string(flavour));
  if (!is_there(flavour)) return;
  const Topology topology("a > b", {.flavour = flavour, .many_addresses = true});
  Server& master = topology.server("a");
  CHECK(master.key() == topo::InstanceKey{"127.0.1.2", topology.server("b").port()});
  CHECK(topology.server("b").host() == "127.0.1.3");
  const auto processes = master.query("show processlist");
  std::string replica_address;
  for (std::size_t row = 0; row < processes.size(); ++row) {
    if (processes[row].string_or("User") == sandbox::replication_account.user) {
      replica_address = processes[row].string_or("Host");
    }
  }
  CHECK_THAT(replica_address, Catch::StartsWith("127.0.1.3:"));
}

TEST_CASE("servers can differ, replicate in a ring, by GTID, and without reporting their address",
          "[sandbox]") {
  Options options{.report_host = false, .gtid = true};
  options.servers["c"].report_host = true;
  options.servers["c"].extra_options = {"--read-only=1"};
  options.servers["b"].format = "STATEMENT";
  const Topology topology("a <> b > c", options);
  const auto variable = [&](const char* name, const std::string& what) {
    return topology.server(name).query(fmt::format("select @@global.{} as v", what))[0].string_or("v");
  };
  CHECK(variable("c", "read_only") == "1");
  CHECK(variable("a", "read_only") == "0");
  CHECK(variable("b", "binlog_format") == "STATEMENT");
  CHECK(variable("a", "report_host").empty());
  CHECK(variable("c", "report_host") == "127.0.0.1");
  CHECK(topology.server("a").query("show slave status")[0].string_or("Using_Gtid") == "Slave_Pos");
  write_row(topology.server("b"), 1);
  wait_until([&] { return rows(topology.server("a")) == 1 && rows(topology.server("c")) == 1; }, patience,
             "the row on all three");
}

TEST_CASE("a writer writes until it is stopped, also while the server is dead", "[sandbox]") {
  const Topology topology("a > b", {.gtid = true});
  Server& master = topology.server("a");
  sandbox::Writer writer(master, 0us);
  const auto more_by = [&](std::uint64_t count) {
    wait_until([&, target = writer.committed() + count] { return writer.committed() >= target; }, patience,
               "writes");
  };
  more_by(100);
  master.kill9();
  master.start();
  more_by(100);
  writer.stop();
  topology.wait_for_replication();
  const auto sum = [](Server& server) {
    return server.query("checksum table sandbox_load.writes")[0].number_or("Checksum");
  };
  CHECK(sum(master) != 0);
  CHECK(sum(master) == sum(topology.server("b")));
}

TEST_CASE("a server that does not answer in time is ended, and the end of its log is reported", "[sandbox]") {
  const Topology topology("a");
  Server& server = topology.server("a");
  server.kill9();
  CHECK_THROWS_WITH(server.start(1ms), Catch::Contains("in vain") && Catch::Contains("Its log ends"));
  CHECK_FALSE(server.running());
  server.start();
  CHECK(server.query("select 1").size() == 1);
}

TEST_CASE("a detached sandbox can be opened again by its folder", "[sandbox]") {
  const sandbox::TemporaryFolder parent;
  const auto folder = parent.path() / "servers";
  CHECK_THROWS_WITH(sandbox::load(folder), Catch::Contains("no sandbox"));
  {
    const Topology topology("a > b", {.folder = folder, .detached = true});
    sandbox::save(topology);
  }
  auto servers = sandbox::load(folder);
  REQUIRE(servers.size() == 2);
  Server& replica = *servers[1].server;
  CHECK(replica.name() == "b");
  CHECK(servers[1].master == "a");
  CHECK(replica.replicates());
  replica.kill9();
  CHECK_FALSE(replica.running());
  replica.start();
  CHECK(replica.query("select 1").size() == 1);
  for (const auto& saved : servers) saved.server->kill9();
  std::ofstream(sandbox::state_file(folder)) << R"([{"name": "a", "port": "1"}])";
  CHECK_THROWS_WITH(sandbox::load(folder), Catch::Contains("is damaged"));
}

}  // namespace sandbox_test
