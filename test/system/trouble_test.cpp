// Failures of servers and replication are detected and reported, and do not delay other servers.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sandbox/accounts.h"
#include "sandbox/wait.h"
#include "system/support/backend_file.h"
#include "system/support/library_fixture.h"
#include "system/support/program.h"
#include "system/support/program_fixture.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::LibraryFixture;

std::string_view word(Flavour flavour) {
  return sandbox::says_replica(flavour) ? "REPLICA" : "SLAVE";
}

void run(sandbox::Server& server, std::string_view before, std::string_view after) {
  server.execute(std::string(before) + " " + std::string(word(server.flavour())) + std::string(after));
}

}  // namespace

TEST_CASE("Stopped and broken replication is shown", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c, a > d, a > e", system_test::options_of(flavour));
      LibraryFixture library(servers);
      library.discover("a");
      servers.server("a").execute("CREATE DATABASE t");
      servers.server("a").execute("CREATE TABLE t.t (id INT PRIMARY KEY) ENGINE=InnoDB");
      servers.wait_for_replication();

      run(servers.server("b"), "STOP", "");
      run(servers.server("c"), "STOP", " IO_THREAD");
      run(servers.server("d"), "STOP", " SQL_THREAD");
      servers.server("e").execute("SET SESSION sql_log_bin = 0");
      servers.server("e").execute("INSERT INTO t.t VALUES (1)");
      servers.server("a").execute("INSERT INTO t.t VALUES (1)");
      const auto broken = [&] {  // the message differs: MySQL with workers refers to the error log
        const auto e = library.refresh("e").instance;
        return e.replication()->sql_thread == topo::ThreadState::stopped &&
               !e.replication()->last_sql_error.empty();
      };
      sandbox::wait_until(broken, patience, "the conflict to break replication");
      library.refresh_all();

      CHECK(library.tree("a") ==
            "a [OK,v,ROW,>>]\n"
            "- b [not replicating,v,ROW,>>]\n"
            "- c [not replicating,v,ROW,>>]\n"
            "- d [not replicating,v,ROW,>>]\n"
            "- e [not replicating,v,ROW,>>]");
      const auto threads = [&](std::string_view name) {
        const auto known = library.known(name)->instance;
        const auto* channel = known.replication();
        return std::pair(channel->io_thread, channel->sql_thread);
      };
      using topo::ThreadState;
      CHECK(threads("b") == std::pair(ThreadState::stopped, ThreadState::stopped));
      CHECK(threads("c") == std::pair(ThreadState::stopped, ThreadState::running));
      CHECK(threads("d") == std::pair(ThreadState::running, ThreadState::stopped));
      CHECK(threads("e") == std::pair(ThreadState::running, ThreadState::stopped));
      const auto limits = topo::status_limits(library.context().configuration());
      CHECK(topo::problems_of(*library.known("a"), limits).empty());
      CHECK(topo::problems_of(*library.known("b"), limits).size() == 2);
      CHECK(topo::problems_of(*library.known("e"), limits).size() == 1);

      SECTION("a reset replica is a master again") {
        run(servers.server("b"), "RESET", " ALL");
        library.refresh_all();
        CHECK(library.tree("b") == "b [OK,v,ROW,>>]");
        CHECK(library.known("b")->instance.cluster_name == library.key("b").display());
      }
    }
  }
}

TEST_CASE("A lagging replica is shown as such", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.reasonable_maintenance_replication_lag = configuration.reasonable_replication_lag = 0s;
      LibraryFixture library(servers, configuration);
      library.discover("a");
      servers.server("a").execute("CREATE DATABASE t");
      servers.server("a").execute("CREATE TABLE t.t (id INT PRIMARY KEY) ENGINE=InnoDB");
      servers.wait_for_replication();
      auto blocking = servers.server("b").connect();
      blocking.query("LOCK TABLES t.t WRITE");
      servers.server("a").execute("INSERT INTO t.t VALUES (1)");
      const auto lags = [&] {
        const auto known = library.refresh("b");
        return known.instance.replication()->seconds_behind_master > 0s;
      };
      sandbox::wait_until(lags, patience, "the replica to lag");
      CHECK(library.tree("a") == "a [OK,v,ROW,>>]\n+ b [lags too much,v,ROW,>>]");
      blocking.query("UNLOCK TABLES");
    }
  }
}

TEST_CASE("Dead servers keep their place in the tree", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c, a > d", system_test::options_of(flavour));
      SECTION("a known master and a known replica") {
        LibraryFixture library(servers);
        library.discover("a");
        servers.server("b").kill9();
        servers.server("d").kill9();
        const auto c_noticed = [&] { return !library.refresh("c").instance.replica_running(); };
        sandbox::wait_until(c_noticed, patience, "c to miss its master");
        library.refresh_all();
        CHECK(library.tree("a") ==
              "a [OK,v,ROW,>>]\n"
              "+ b [last check invalid,v,ROW,>>]\n"
              "  - c [not replicating,v,ROW,>>]\n"
              "+ d [last check invalid,v,ROW,>>]");
        CHECK_FALSE(library.known("b")->last_check_error.empty());
        servers.server("b").start();
        const auto c_replicates = [&] { return library.refresh("c").instance.replica_running(); };
        sandbox::wait_until(c_replicates, patience, "c to replicate again");
        library.refresh_all();
        CHECK(library.tree("a") ==
              "a [OK,v,ROW,>>]\n"
              "+ b [OK,v,ROW,>>]\n"
              "  + c [OK,v,ROW,>>]\n"
              "+ d [last check invalid,v,ROW,>>]");
      }
      SECTION("a master that died before it was first read") {
        servers.server("a").kill9();
        LibraryFixture library(servers);
        const auto noticed = [&] { return !library.refresh("b").instance.replica_running(); };
        sandbox::wait_until(noticed, patience, "b to miss its master");
        const auto report = library.discover("b");
        CHECK(report.start_found());
        CHECK(report.found.size() == 2);  // b and c: no live server lists d
        REQUIRE(report.unread.size() == 1);
        CHECK(report.unread[0].key == library.key("a"));
        CHECK(library.tree("b") == "b [not replicating,v,ROW,>>]\n+ c [OK,v,ROW,>>]");
      }
    }
  }
}

TEST_CASE("An account without privileges costs only the facts that need them", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      {
        LibraryFixture library(servers, configuration);
        library.discover("a");
      }
      configuration.mysql_topology_user = sandbox::grantless_account.user;
      configuration.mysql_topology_password = sandbox::grantless_account.password;
      LibraryFixture library(servers, configuration);
      const auto b = library.refresh("b");
      CHECK(b.last_check_valid);
      CHECK(b.instance.server_id != 0);
      CHECK(b.instance.warnings.size() >= 2);
      CHECK(b.instance.master_key() == library.key("a"));  // as last known
      CHECK(b.instance.cluster_name == library.key("a").display());
      SECTION("a refused query costs no separate request from then on") {
        const auto before = library.discovery().statistics();
        constexpr int polls = 3;
        for (int i = 0; i < polls; ++i) static_cast<void>(library.refresh("b"));
        const auto requests = library.discovery().statistics().requests - before.requests;
        CHECK(requests <= polls * b.instance.warnings.size());
      }
    }
  }
}

TEST_CASE("A wrong password is reported, without the password", "[trouble]") {
  sandbox::Topology servers("a");
  auto configuration = system_test::configuration_for(servers);
  configuration.mysql_topology_password = "open sesame";
  LibraryFixture library(servers, configuration);
  const auto report = library.discover("a");
  CHECK_FALSE(report.start_found());
  REQUIRE(report.unread.size() == 1);
  CHECK_THAT(report.unread[0].reason, Catch::Contains("Access denied") && !Catch::Contains("sesame"));
  CHECK(library.context().store().instances().read_all().empty());
}

namespace {

// Accepts connections and sends nothing; with a full backlog it does not even accept them.
class SilentListener {
 public:
  explicit SilentListener(int backlog) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_, backlog) == 0);
    socklen_t length = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    key_ = {"127.0.0.1", ntohs(address.sin_port)};
  }
  ~SilentListener() {
    for (const int client : clients_) close(client);
    close(socket_);
  }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;

  // Fills the backlog until the kernel drops packets, as a silent firewall does.
  void fill() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(key_.port());
    for (int i = 0; i < 8; ++i) {
      clients_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      static_cast<void>(
          connect(clients_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    }
  }
  [[nodiscard]] const topo::InstanceKey& key() const { return key_; }

 private:
  int socket_;
  topo::InstanceKey key_;
  std::vector<int> clients_;
};

}  // namespace

TEST_CASE("Hosts that refuse, drop packets, send nothing or have no name fail in bounded time",
          "[trouble][timed]") {
  sandbox::Topology servers("a");
  LibraryFixture library(servers);
  const auto fails_soon = [&](const topo::InstanceKey& key) {
    const auto began = std::chrono::steady_clock::now();
    const auto report = library.discovery().discover(key);
    CHECK(std::chrono::steady_clock::now() - began < 8s);
    REQUIRE(report.unread.size() == 1);
    CHECK(report.found.empty());
    CHECK(library.context().store().instances().read_all().empty());
    return report.unread[0].reason;
  };
  SECTION("refuses") {
    CHECK_THAT(fails_soon({"127.0.0.1", 1}),
               Catch::Contains("127.0.0.1:1") && Catch::Contains("Connection refused"));
  }
  SECTION("sends nothing") {
    const SilentListener silent(16);
    CHECK_THAT(fails_soon(silent.key()),
               Catch::Contains(silent.key().display()) && Catch::Contains("no answer within 1 s"));
  }
  SECTION("drops packets") {
    SilentListener silent(0);
    silent.fill();
    CHECK_THAT(fails_soon(silent.key()),
               Catch::Contains(silent.key().display()) && Catch::Contains("no answer within 1 s"));
  }
  SECTION("has no name") {
    CHECK_THAT(fails_soon({"no-such-host.invalid", 3306}), Catch::Contains("no-such-host.invalid"));
  }
}

TEST_CASE("A hanging server does not delay the others", "[trouble][timed]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c, a > d", system_test::options_of(flavour));
      LibraryFixture library(servers);
      library.discover("a");
      library.start_continuous();
      servers.server("b").pause();
      const auto hangs = [&] { return !library.known("b")->last_check_valid; };
      sandbox::wait_until(hangs, patience, "the hung server to be noticed");
      const auto before = library.discovery().statistics();
      // Each of the other three is polled every second: counts their polls for some seconds.
      const auto began = std::chrono::steady_clock::now();
      const auto polled = [&] {
        const auto now = library.discovery().statistics();
        return now.polls - now.failed_polls - (before.polls - before.failed_polls) >= 12;
      };
      sandbox::wait_until(polled, patience, "four polls of each of the living");
      CHECK(std::chrono::steady_clock::now() - began < 8s);
      for (const auto* name : {"a", "c", "d"}) CHECK(library.known(name)->since_last_seen <= 2s);
      servers.server("b").resume();
      const auto answers = [&] { return library.known("b")->last_check_valid; };
      sandbox::wait_until(answers, patience, "the server to be read again");
    }
  }
}

TEST_CASE("A hanging custom query costs its fact, not the poll, and is named", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.slave_lag_query = "SELECT SLEEP(1000)";
      configuration.detect_pseudo_gtid_query = "SELECT 1";
      configuration.detect_cluster_alias_query = "SELECT 'shop'";
      LibraryFixture library(servers, configuration);
      const auto began = std::chrono::steady_clock::now();
      CHECK(library.discover("a").unread.empty());
      CHECK(std::chrono::steady_clock::now() - began < 10s);
      for (int round = 0; round < 2; ++round) {
        const auto b = library.known("b")->instance;
        CHECK(b.replica_running());
        CHECK(b.using_pseudo_gtid);
        CHECK(b.slave_lag == b.replication()->seconds_behind_master);
        REQUIRE(b.warnings.size() == 1);
        CHECK_THAT(b.warnings[0], Catch::Contains("SlaveLagQuery failed: it was not answered within"));
        CHECK(library.context().store().clusters().cluster_of_alias("shop") == library.key("a").display());
        // It is skipped for a while, and ended on the server.
        const auto asked = std::chrono::steady_clock::now();
        (void)library.refresh("b");
        CHECK(std::chrono::steady_clock::now() - asked < 400ms);
      }
      const auto sleeping = [&] {
        return servers.server("b")
            .query(
                "SELECT * FROM information_schema.processlist WHERE info LIKE "
                "'%SLEEP(1000)%' AND id <> CONNECTION_ID()")
            .size();
      };
      sandbox::wait_until([&] { return sleeping() == 0; }, 5s, "the query to be ended");
    }
  }
}

TEST_CASE("A custom query with an endless answer costs its own fact only, and is not repeated at once",
          "[trouble]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.detect_pseudo_gtid_query =
          "SELECT REPEAT('x', 1000) FROM information_schema.columns a, information_schema.columns b,"
          " information_schema.columns c";
      configuration.detect_cluster_alias_query = "SELECT 'shop'";
      LibraryFixture library(servers, configuration);
      for (int round = 0; round < 3; ++round) {
        CHECK(library.discover("a").unread.empty());
        const auto a = library.known("a")->instance;
        REQUIRE(a.warnings.size() == 1);
        CHECK_THAT(a.warnings[0], Catch::StartsWith("DetectPseudoGTIDQuery failed: ") &&
                                      Catch::Contains("it is retried after"));
        CHECK(a.suggested_cluster_alias == "shop");
      }
    }
  }
}

TEST_CASE("Custom queries cost one more request, and a failing one only its fact", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      const auto requests_of_a_poll = [](LibraryFixture& library) {
        static_cast<void>(library.refresh("b"));  // connects
        const auto before = library.discovery().statistics();
        static_cast<void>(library.refresh("b"));
        return library.discovery().statistics().requests - before.requests;
      };
      SECTION("none") {
        LibraryFixture library(servers, configuration);
        CHECK(requests_of_a_poll(library) == 1);
      }
      SECTION("all, working") {
        configuration.slave_lag_query = "SELECT 7.4";
        configuration.detect_pseudo_gtid_query = "SELECT 1 -- always";
        configuration.detect_cluster_alias_query = "SELECT 'shop';";
        LibraryFixture library(servers, configuration);
        library.discover("a");
        CHECK(requests_of_a_poll(library) == 2);
        const auto b = library.known("b")->instance;
        CHECK(b.slave_lag == 7s);
        CHECK(b.using_pseudo_gtid);
        CHECK(b.warnings.empty());
        CHECK(library.context().store().clusters().cluster_of_alias("shop") == library.key("a").display());
      }
      SECTION("failing") {
        configuration.slave_lag_query = "SELECT lag FROM no_such_schema.heartbeat";
        configuration.detect_pseudo_gtid_query = "SELECT 1";
        configuration.detect_cluster_alias_query = "SELECT 'unfinished";
        LibraryFixture library(servers, configuration);
        library.discover("a");
        const auto b = library.known("b")->instance;
        CHECK(b.replica_running());
        CHECK(b.using_pseudo_gtid);
        CHECK(b.slave_lag == b.replication()->seconds_behind_master);
        REQUIRE(b.warnings.size() == 1);
        CHECK_THAT(b.warnings[0], Catch::Contains("SlaveLagQuery"));
        const auto a = library.known("a")->instance;
        CHECK(a.warnings.size() == 2);
        CHECK(a.using_pseudo_gtid);
      }
      SECTION("with a useless answer") {
        configuration.slave_lag_query = "SELECT 'soon'";
        configuration.detect_cluster_alias_query = "SELECT REPEAT('ä', 129)";
        LibraryFixture library(servers, configuration);
        CHECK(library.discover("a").unread.empty());
        const auto b = library.known("b")->instance;
        CHECK(b.slave_lag == b.replication()->seconds_behind_master);
        const auto a = library.known("a");
        CHECK(a->last_check_valid);
        REQUIRE(a->instance.warnings.size() == 1);
        CHECK_THAT(a->instance.warnings[0], Catch::Contains("DetectClusterAliasQuery returned \"ääää"));
      }
    }
  }
}

TEST_CASE("A master that died before the polling process read it keeps its replicas", "[trouble][program]") {
  system_test::ProgramFixture programs("g > h", system_test::options_of(sandbox::Flavour::mariadb_10_11));
  system_test::Program server({system_test::built("orchestrator-discovery"), "--verbose"}, programs.folder);
  sandbox::wait_until([&] { return server.err().find("active one") != std::string::npos; }, patience,
                      "the election");
  // Pauses it outside of writes, which would block the command line.
  sandbox::wait_until(
      [&] {
        server.pause();
        if (system_test::is_writable_now(programs.folder / "orchestrator.sqlite3")) return true;
        server.resume();
        return false;
      },
      patience, "the polling process to stand still and the backend to be free");
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("g")}).status == 0);
  programs.servers.server("g").kill9();
  server.resume();
  sandbox::wait_until([&] { return server.err().find(programs.key("g")) != std::string::npos; }, patience,
                      "the dead master to be tried");
  const auto checked = [&] {
    const auto said = programs.orchestrator({"-c", "instance-status", "-i", programs.key("h")});
    return said.out;
  };
  INFO(checked());
  // Stopped replication makes a poll of the replica visible.
  programs.servers.server("h").stop_replication();
  sandbox::wait_until([&] { return checked().find("not replicating") != std::string::npos; }, patience,
                      "the replica to be read again");
  CHECK(programs.orchestrator({"-c", "which-cluster-instances", "-i", programs.key("g")})
            .out.find(programs.key("h")) != std::string::npos);
}
