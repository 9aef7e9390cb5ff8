#include <catch2/catch.hpp>

#include "common/catalogue.h"
#include "common/flags.h"
#include "common/locate.h"
#include "unit/apps/known_topology.h"
#include "unit/config/refusal.h"

using namespace orchestrator;

namespace {

Reply reply_to(Session& session, const std::string& command, const std::vector<const char*>& flags) {
  const auto* operation = find_operation(command);
  REQUIRE(operation != nullptr);
  const auto arguments = arguments_from_flags(*operation, parse_flags(flags), 3306);
  require_complete(*operation, arguments);
  return operation->handler(session, arguments);
}

// The output of a command.
std::string run(Session& session, const std::string& command, const std::vector<const char*>& flags = {}) {
  return render_text(reply_to(session, command, flags));
}

std::string refused(Session& session, const std::string& command, const std::vector<const char*>& flags,
                    topo::Code code) {
  return refusal([&] { (void)run(session, command, flags); }, code);
}

}  // namespace

TEST_CASE("Commands print information from the backend") {
  const KnownTopology known;
  auto& session = known.session();
  CHECK(run(session, "clusters") == "db1:3306\n");
  CHECK(run(session, "clusters-info") == "db1:3306\t\t3\n");
  CHECK(run(session, "find", {"-pattern", "^DB[23]"}) == "db2:3306\ndb3:3306\n");
  CHECK(run(session, "search", {"-pattern", "db3"}) == "db3:3306\n");
  CHECK(run(session, "search", {"-pattern", " db3\t"}) == "db3:3306\n");
  CHECK(run(session, "search", {"-pattern", " "}) == run(session, "search"));
  CHECK(run(session, "which-instance", {"-i", "db2"}) == "db2:3306\n");
  CHECK(run(session, "which-cluster", {"-i", "db2"}) == "db1:3306\n");
  CHECK(run(session, "which-master", {"-i", "db2:3306"}) == "db1:3306\n");
  CHECK(run(session, "which-master", {"-i", "db1"}).empty());
  CHECK(run(session, "which-slaves", {"-i", "db1"}) == "db2:3306\ndb3:3306\n");
  CHECK(run(session, "which-replicas", {"-i", "nobody"}).empty());
  CHECK(run(session, "which-cluster-instances", {"-i", "db3"}) == "db1:3306\ndb2:3306\ndb3:3306\n");
  CHECK(run(session, "instance-status", {"-i", "db2"}) == "[OK,10.11.6-MariaDB-log,ROW,>>]\n");
  CHECK(run(session, "topology", {"-i", "db2"}) ==
        "db1:3306 [OK,10.11.6-MariaDB-log,ROW,>>]\n"
        "+ db2:3306 [OK,10.11.6-MariaDB-log,ROW,>>]\n"
        "+ db3:3306 [OK,10.11.6-MariaDB-log,ROW,>>]\n");
  CHECK(run(session, "problems").empty());
}

TEST_CASE("A cluster has the number of instances with each problem, the worst first, and the largest lag") {
  const KnownTopology known;
  auto late = KnownTopology::instance("db2", "db1");
  late.slave_lag = late.channels.front().seconds_behind_master = std::chrono::seconds(31);
  auto stopped = KnownTopology::instance("db4", "db1");
  stopped.channels.front().sql_thread = topo::ThreadState::stopped;
  auto other = stopped;
  other.key = {"db5", 3306};
  auto alone = KnownTopology::instance("z", "");
  alone.cluster_name = "z:3306";
  known.write({late, stopped, other, alone});
  const auto clusters = find_clusters(known.session());
  REQUIRE(clusters.size() == 2);
  CHECK(clusters[0].info == topo::ClusterInfo{"db1:3306", "", 5, std::chrono::seconds(31)});
  REQUIRE(clusters[0].problems.size() == 2);
  CHECK(clusters[0].problems[0].problem == topo::Problem::not_replicating);
  CHECK(clusters[0].problems[0].count == 2);
  CHECK(clusters[0].problems[1].problem == topo::Problem::replication_lag);
  CHECK(clusters[0].problems[1].count == 1);
  CHECK(clusters[1].problems.empty());
  CHECK(run(known.session(), "problems") == "db4:3306\ndb5:3306\ndb2:3306\n");
}

TEST_CASE(
    "The actions on an instance include refresh and forget, and what needs more than an instance is left "
    "out") {
  const KnownTopology known;
  const auto actions = run(known.session(), "actions", {"-i", "db2"});
  CHECK_THAT(actions, Catch::Contains("stop-slave\tyes\t\n") && Catch::Contains("refresh\tyes\t\n") &&
                          Catch::Contains("forget\tyes\t\n"));
  for (const auto* operation :
       {"finish-unfinished", "undo-unfinished", "recover", "kill-query", "discover"}) {
    INFO(operation);
    CHECK_THAT(actions, !Catch::Contains(operation));
  }
}

TEST_CASE("A cluster is named by its name, its alias or an instance") {
  const KnownTopology known;
  auto& session = known.session();
  CHECK(run(session, "set-cluster-alias", {"-i", "db3", "-alias", "shop"}) == "db1:3306\n");
  CHECK(run(session, "which-cluster", {"-i", "shop"}) == "db1:3306\n");
  CHECK(run(session, "which-cluster", {"-i", "db1:3306"}) == "db1:3306\n");
  CHECK(run(session, "which-cluster-instances", {"-alias", "shop", "-i", "nonsense"})
            .starts_with("db1:3306\n"));
  CHECK(run(session, "clusters-info") == "db1:3306\tshop\t3\n");
  CHECK(run(session, "clusters-info", {"-pattern", " HO"}) == "db1:3306\tshop\t3\n");
  CHECK(run(session, "clusters-info", {"-pattern", "DB1"}) == "db1:3306\tshop\t3\n");
  CHECK(run(session, "clusters-info", {"-pattern", "shopdb"}).empty());
  auto alone = KnownTopology::instance("ashop", "");
  alone.cluster_name = "ashop:3306";
  known.write({alone});
  CHECK(run(session, "search", {"-pattern", "sHOP"}) == "ashop:3306\ndb1:3306\ndb2:3306\ndb3:3306\n");
  CHECK_FALSE(refused(session, "which-cluster-instances", {"-alias", "none"}, topo::Code::not_found).empty());
}

TEST_CASE("An invalid or unknown instance is an error, and never replaced by this host") {
  const KnownTopology known;
  auto& session = known.session();
  using topo::Code;
  for (const auto* command :
       {"topology", "which-instance", "which-cluster", "which-master", "instance-status"}) {
    INFO(command);
    CHECK(refused(session, command, {"-i", "nobody:3306"}, Code::not_found).find("nobody:3306") !=
          std::string::npos);
    CHECK_FALSE(refused(session, command, {"-i", ""}, Code::invalid_argument).empty());
  }
  CHECK_FALSE(refused(session, "which-instance", {"-i", "db1:x"}, Code::invalid_argument).empty());
  CHECK_FALSE(refused(session, "discover", {"-i", "db1:0"}, Code::invalid_argument).empty());
  CHECK_FALSE(refused(session, "resolve", {}, Code::invalid_argument).empty());
  CHECK_FALSE(refused(session, "find", {}, Code::invalid_argument).empty());
  CHECK_FALSE(refused(session, "find", {"-pattern", "("}, Code::invalid_argument).empty());
}

TEST_CASE("The default instance is this host") {
  const auto arguments = arguments_from_flags(*find_operation("discover"), parse_flags({}), 3307);
  CHECK(arguments.instance().port() == 3307);
  CHECK_FALSE(arguments.instance().hostname().empty());
}

TEST_CASE("A command that changes something refuses flags that would have named something else") {
  const auto arguments = [](const char* command, const std::vector<const char*>& flags) {
    return arguments_from_flags(*find_operation(command), parse_flags(flags), 3306);
  };
  CHECK_THROWS_WITH(arguments("set-read-only", {"-i", "a", "-s", "b"}),
                    "set-read-only does not take -s; see orchestrator help set-read-only");
  CHECK_THROWS_WITH(arguments("forget", {"-i", "a", "-dry-run"}),
                    "forget does not take -dry-run; see orchestrator help forget");
  CHECK_NOTHROW(arguments("forget", {"-i", "a", "-reason", "old"}));
  CHECK_NOTHROW(arguments("topology", {"-i", "a", "-alias", "shop"}));
  CHECK(ignored_flags(*find_operation("topology"), parse_flags(std::vector{"-i", "a", "-alias", "shop"})) ==
        std::vector<std::string>{"-alias is ignored: topology does not take it"});
}

TEST_CASE("A forgotten instance is unknown, and cannot be forgotten again") {
  const KnownTopology known;
  auto& session = known.session();
  CHECK(run(session, "forget", {"-i", "db3"}) == "db3:3306\n");
  CHECK(refused(session, "forget", {"-i", "db3"}, topo::Code::not_found) == "Instance not found: db3:3306");
  CHECK(run(session, "which-slaves", {"-i", "db1"}) == "db2:3306\n");
}

TEST_CASE("Maintenance needs no reason; MaintenanceOwner is the default owner") {
  topo::Configuration configuration;
  const auto owner = [&](const std::vector<const char*>& flags) {
    const KnownTopology known(configuration);
    run(known.session(), "begin-maintenance", flags);
    return known.session().store().maintenance().of({"db2", 3306})->owner;
  };
  CHECK(owner({"-i", "db2"}) != "night shift");
  CHECK(owner({"-i", "db2", "-owner", "ann"}) == "ann");
  configuration.maintenance_owner = "night shift";
  CHECK(owner({"-i", "db2"}) == "night shift");
  CHECK(owner({"-i", "db2", "-owner", "ann", "-reason", "new disks"}) == "ann");
}

TEST_CASE("Text from people or servers is stored unchanged, and printed within its line and field") {
  const KnownTopology known;
  auto& session = known.session();
  const std::string odd = "a\nb\tc\x1b[2J \u009b \u202e";
  run(session, "begin-maintenance", {"-i", "db2", "-owner", "ann\tx", "-reason", odd.c_str()});
  CHECK(session.store().maintenance().of({"db2", 3306})->reason == odd);
  for (const auto* command : {"in-maintenance", "maintenance"}) {
    const auto text = run(session, command, {"-i", "db2"});
    INFO(text);
    CHECK(text.ends_with("\ta b c?[2J ? ?\n"));
    CHECK(text.find("\tann x\t") != std::string::npos);
    CHECK(std::ranges::count(text, '\n') == 1);
  }
  auto db3 = KnownTopology::instance("db3", "db1");
  db3.version = "10.11\n+ forged:3306 [OK";
  known.write({db3});
  CHECK(run(session, "topology", {"-i", "db3"}).find("[OK,10.11 + forged:3306 [OK,") != std::string::npos);
}

TEST_CASE("Discovering an unreachable instance fails the command") {
  const KnownTopology known;
  // Port 1 of this host refuses connections.
  CHECK_FALSE(refused(known.session(), "discover", {"-i", "127.0.0.1:1"}, topo::Code::unreachable).empty());
}

TEST_CASE("resolve prints the name even if the connection fails, and then fails") {
  const KnownTopology known;
  const auto reply = reply_to(known.session(), "resolve", {"-i", "127.0.0.1:1"});
  CHECK(render_text(reply) == "127.0.0.1:1\n");
  CHECK(reply.failure == topo::Code::unreachable);
  CHECK_THAT(reply.message, Catch::Contains("Cannot connect to 127.0.0.1:1"));
}

TEST_CASE("Commands that need no backend do not open it") {
  topo::Configuration configuration;
  configuration.backend_db = "sqlite3";
  configuration.sqlite3_data_file = "/dev/null/orchestrator.sqlite3";
  Session session(configuration, KnownTopology::silent_log(), Session::Opening::at_first_use);
  CHECK(run(session, "dump-config-reference").find("ListenAddress") != std::string::npos);
  CHECK(run(session, "help").find("topology") != std::string::npos);
  CHECK_FALSE(refused(session, "clusters", {}, topo::Code::backend).empty());
}

TEST_CASE("Failed masters are listed with their clusters, except ignored hosts") {
  topo::Configuration configuration;
  const auto analysis = [&] {
    const KnownTopology known(configuration);
    auto& store = known.session().store();
    store.instances().write(std::vector<topo::InstanceWrite>{topo::FailedInstance{{"db1", 3306}, "gone"}});
    return run(known.session(), "replication-analysis");
  };
  CHECK(analysis() == "db1:3306 (cluster db1:3306): UnreachableMaster\n");
  configuration.recovery_ignore_hostname_filters = {"^db2$"};
  CHECK_FALSE(analysis().empty());
  configuration.recovery_ignore_hostname_filters = {"^x", "", "b1"};
  CHECK(analysis().empty());
}
