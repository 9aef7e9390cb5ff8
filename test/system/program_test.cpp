// The programs as users see them: command lines, exit statuses, outputs, routes.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "sandbox/accounts.h"
#include "sandbox/wait.h"
#include "system/support/backend_file.h"
#include "system/support/program_fixture.h"

namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using Catch::StartsWith;
using sandbox::patience;
using system_test::built;
using system_test::http_get;
using system_test::ProgramFixture;
using system_test::require_error;

}  // namespace

TEST_CASE("The command lines in the manual work as printed", "[program]") {
  ProgramFixture programs("a > b > c, a > d");
  const auto a = programs.key("a");
  auto outcome = programs.orchestrator({"-c", "discover", "-i", programs.key("c"), "--debug", "cli"});
  CHECK(outcome.status == 0);
  CHECK(outcome.out == programs.key("c") + "\n");
  CHECK_THAT(outcome.err, Contains("INFO starting") && Contains("DEBUG"));

  outcome = programs.orchestrator({"-c", "clusters", "cli"});
  CHECK((outcome.status == 0 && outcome.out == a + "\n" && outcome.err.empty()));
  outcome = programs.orchestrator({"-c", "topology", "-i", a, "cli"});
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.out, StartsWith(a + " [OK,10.11") && Contains("\n+ " + programs.key("b") + " [OK,") &&
                              Contains("\n  + " + programs.key("c") + " [OK,"));

  const auto tree = outcome.out;
  const auto equal = [&](const std::vector<std::string>& words, const std::string& expected) {
    const auto now = programs.orchestrator(words);
    INFO(words.at(0) << " " << (words.size() > 1 ? words[1] : ""));
    CHECK(now.status == 0);
    CHECK(now.out == expected);
  };
  const auto names_of_tree = [&](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(names_of_tree(tree) == 4);
  CHECK(names_of_tree(programs.orchestrator({"-c=topology", "-i=" + programs.key("d")}).out) == 4);
  CHECK(names_of_tree(programs.orchestrator({"cli", "-c", "topology", "-i", programs.key("d")}).out) == 4);
  CHECK(names_of_tree(programs.orchestrator({"--c=topology", "--i", a, "--debug=false"}).out) == 4);
  equal({"-c", "which-instance", "-i", programs.key("b")}, programs.key("b") + "\n");
  equal({"-c", "which-cluster", "-i", programs.key("c")}, a + "\n");
  equal({"-c", "which-master", "-i", programs.key("c")}, programs.key("b") + "\n");
  equal({"-c", "which-slaves", "-i", programs.key("b")}, programs.key("c") + "\n");
  equal({"-c", "which-replicas", "-i", programs.key("b")}, programs.key("c") + "\n");
  equal({"-c", "resolve", "-i", a}, a + "\n");
  CHECK(names_of_tree(
            programs.orchestrator({"-c", "which-cluster-instances", "-i", programs.key("c")}).out) == 4);
  CHECK(names_of_tree(programs.orchestrator({"-c", "find", "-pattern", "^127[.]0"}).out) == 4);
  CHECK_THAT(programs.orchestrator({"-c", "instance-status", "-i", a}).out, StartsWith("[OK,10.11"));
  CHECK_THAT(programs.orchestrator({"-c", "dump-config-reference"}).out, Contains("MySQLTopologyPassword"));
  CHECK_THAT(programs.orchestrator({}).out, Contains("topology"));
  CHECK_THAT(programs.orchestrator({"help", "topology"}).out, Contains("topology"));
}

TEST_CASE("An invalid command line is an error, and nothing is done", "[program]") {
  ProgramFixture programs("a");
  require_error(programs.orchestrator({"-c", "discover", "-i", "host:notaport"}), "notaport");
  require_error(programs.orchestrator({"-c", "discover", "-i", "no-such-host.invalid:3306"}),
                "no-such-host.invalid");
  require_error(programs.orchestrator({"-c", "discover", "-i", "127.0.0.1:1"}), "127.0.0.1:1");
  require_error(programs.orchestrator({"-c", "forget", "-i", "nobody.knows.it:3306"}),
                "Instance not found: nobody.knows.it:3306");
  require_error(programs.orchestrator({"-c", "topology", "-i", programs.key("a")}), "not");
  require_error(programs.orchestrator({"-c", "which-master", "-i", "a'b\";:3306"}), "host name");
  require_error(programs.orchestrator({"-c", "find"}), "pattern");
  require_error(programs.orchestrator({"-c", "find", "-pattern", "("}), "(");
  require_error(programs.orchestrator({"-c", "no-such-command"}), "no-such-command");
  require_error(programs.orchestrator({"-config", "no-such-file.json", "-c", "clusters"}),
                "no-such-file.json");
  CHECK(programs.orchestrator({"-no-such-flag"}).status == 2);
  for (const auto& words : {std::vector<std::string>{built("orchestrator-discovery"), "-c", "clusters"},
                            {built("orchestrator-discovery"), "http"}}) {
    const auto outcome = system_test::run(words, programs.folder);
    INFO(words[0] << " " << words[1]);
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains("Unexpected"));
  }
  CHECK(programs.orchestrator({"-c", "clusters"}).out.empty());

  std::ofstream(programs.folder / "bad.json") << R"({"InstancePollSeconds": "soon"})";
  require_error(programs.orchestrator({"-config", "bad.json", "-c", "clusters"}), "InstancePollSeconds");
  std::ofstream(programs.folder / "misspelt.json")
      << R"({"SQLite3DataFile": "x.sqlite3", "InstancePolSeconds": 3})";
  const auto misspelt = programs.orchestrator({"-config", "misspelt.json", "-c", "clusters", "--verbose"});
  CHECK(misspelt.status == 0);
  CHECK_THAT(misspelt.err, Contains("InstancePolSeconds") && Contains("InstancePollSeconds"));
}

TEST_CASE("The server answers, follows changes and ends cleanly", "[program]") {
  ProgramFixture programs("a > b > c, a > d");
  system_test::Program server({built("orchestrator"), "--debug", "http"}, programs.folder);
  const auto get = [&](const std::string& target) { return http_get(programs.port(), target); };
  sandbox::wait_until([&] { return get("/api/health").status == 200; }, patience, "the server");
  CHECK(get("/api/clusters").body == "[]");
  CHECK(get("/api/instance/" + programs.path("a")).status == 404);

  const auto discovered = get("/api/discover/" + programs.path("d"));
  CHECK(discovered.status == 200);
  CHECK_THAT(discovered.body, StartsWith(R"({"Code":"OK","Message":"Instance submitted for discovery: )"));
  const auto cluster = "/api/cluster/" + programs.key("a");
  const auto count = [&] {
    const auto body = get(cluster).body;
    std::size_t n = 0;
    for (auto at = body.find("\"Uptime\""); at != std::string::npos; at = body.find("\"Uptime\"", at + 1))
      ++n;
    return n;
  };
  sandbox::wait_until([&] { return count() == 4; }, patience, "all to be known");
  const auto audited = [&](const char* text) {
    return get("/api/audit").body.find(text) != std::string::npos;
  };
  sandbox::wait_until(
      [&] { return audited(R"("AuditType":"start-discovery")") && audited("found 4, failed 0"); }, patience,
      "the audit to tell of the discovery");
  CHECK(get("/api/clusters").body == "[\"" + programs.key("a") + "\"]");
  CHECK_THAT(get("/api/clusters-info").body, Contains("\"CountInstances\":4"));
  CHECK_THAT(get("/api/instance/" + programs.path("b") + "/").body,
             StartsWith(R"({"Key":{"Hostname":"127.0.0.1","Port":)"));
  CHECK_THAT(get("/api/refresh/" + programs.path("b")).body, Contains("Instance refreshed"));
  CHECK_THAT(get("/api/resolve/" + programs.path("b")).body, Contains("Instance resolved"));
  CHECK_THAT(get("/api/search/127.0").body, Contains(std::to_string(programs.servers.server("c").port())));
  CHECK(get("/api/problems").body == "[]");
  CHECK_THAT(get("/api/set-cluster-alias/" + programs.key("a") + "?alias=shop").body, Contains("shop"));
  CHECK(get("/api/cluster/alias/shop").body.size() > 1000);

  // The command line uses the same backend.
  CHECK(programs.orchestrator({"-c", "which-cluster-instances", "-alias", "shop"}).status == 0);
  CHECK(programs.orchestrator({"-c", "set-cluster-alias", "-i", programs.key("a"), "-alias", ""}).status ==
        0);
  CHECK(programs.orchestrator({"-c", "which-cluster-instances", "-alias", "shop"}).status != 0);
  programs.servers.server("c").kill9();
  sandbox::wait_until(
      [&] {
        return get("/api/problems").body.find("LastCheckError\":\"\"") == std::string::npos &&
               get("/api/problems").body != "[]";
      },
      patience, "the dead one among the problems");
  CHECK_THAT(get("/api/forget/" + programs.path("c")).body, Contains("Instance forgotten"));
  sandbox::wait_until([&] { return count() == 3; }, patience, "it to be forgotten");

  const auto is_refused = [&](const std::string& target, int status) {
    const auto answer = get(target);
    INFO(target.substr(0, 60));
    CHECK(answer.status == status);
    CHECK_THAT(answer.body, StartsWith(R"({"Code":"ERROR","Message":")"));
  };
  is_refused("/api/instance/127.0.0.1/notaport", 400);
  is_refused("/api/instance/127.0.0.1/65536", 400);
  is_refused("/api/instance/" + std::string(300, 'h') + "/3306", 400);
  is_refused("/api/instance/a%00b/3306", 400);
  is_refused("/api/instance/no.such.instance/3306", 404);
  is_refused("/api/no-such-route", 404);
  is_refused("/api/instance/" + std::string(60000, 'h') + "/3306", 414);
  const auto foreign =
      http_get(programs.port(), "/api/forget/" + programs.path("a"), "Sec-Fetch-Site: cross-site\r\n");
  CHECK(foreign.status == 403);
  CHECK(count() == 3);

  const auto outcome = server.end(SIGTERM);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, Contains("Listening on"));
  CHECK(outcome.err.find("INFO starting") == outcome.err.rfind("INFO starting"));
  CHECK(outcome.err.find(sandbox::orchestrator_account.password) == std::string::npos);
}

TEST_CASE("A server reloads its configuration on request, and keeps the old one if the new one is invalid",
          "[program]") {
  ProgramFixture programs("a");
  const auto configure = [&](const std::string& more) {
    programs.write_configuration("orchestrator.conf.json", more);
  };
  configure(R"("HTTPAuthUser": "ann", "HTTPAuthPassword": "first", "AuthenticationMethod": "basic",)"
            R"( "InstancePollSeconds": 3600)");
  system_test::Program server({built("orchestrator-http"), "--verbose"}, programs.folder);
  const std::string first = "Authorization: Basic YW5uOmZpcnN0\r\n";
  const std::string second = "Authorization: Basic YW5uOlR3MC1vci1tMHJl\r\n";
  const auto get = [&](const std::string& target, const std::string& who) {
    return http_get(programs.port(), "/api/" + target, who);
  };
  sandbox::wait_until([&] { return get("health", first).status == 200; }, patience, "the server");
  CHECK(get("lb-check", second).status == 401);
  CHECK(get("discover/" + programs.path("a"), first).status == 200);
  const auto polls = [&](const std::string& who) {
    const auto page = http_get(programs.port(), "/metrics", who).body;
    const std::string name = "\norchestrator_polls_total ";
    const auto at = page.find(name);
    return at == std::string::npos ? 0 : std::stoi(page.substr(at + name.size()));
  };
  sandbox::wait_until([&] { return polls(first) == 1; }, patience, "the first poll");

  configure(R"("HTTPAuthUser": "ann", "HTTPAuthPassword": "Tw0-or-m0re", "AuthenticationMethod": "basic",)"
            R"( "AuditPageSize": 3, "URLPrefix": "/below")");
  CHECK(get("reload-configuration", second).status == 401);
  const auto told = get("reload-configuration", first);
  CHECK(told.status == 200);
  CHECK_THAT(
      told.body,
      StartsWith(R"({"Code":"OK","Message":"Config reloaded","Details":{"Files":[")") &&
          Contains(
              R"("Changed":["InstancePollSeconds","AuditPageSize","HTTPAuthPassword"],"AtNextStart":["URLPrefix"])"));
  CHECK(get("lb-check", first).status == 401);
  CHECK_THAT(get("web-settings", second).body, Contains(R"("AuditPageSize":3)"));

  sandbox::wait_until([&] { return polls(second) > 1; }, patience, "polls at the new interval");

  // A file with an error is ignored as a whole.
  configure(R"("HTTPAuthUser": "ann", "HTTPAuthPassword": "third", "AuthenticationMethod": "basic",)"
            R"( "AuditPageSize": "many")");
  const auto wrong = get("reload-configuration", second);
  CHECK(wrong.status == 400);
  CHECK_THAT(wrong.body, Contains("AuditPageSize") && Contains("many") && !Contains("third"));
  configure(R"("ReadOnly": true)");
  CHECK(kill(server.pid(), SIGHUP) == 0);
  sandbox::wait_until([&] { return get("forget/x/1", "").status == 403; }, patience, "the new configuration");
  CHECK(get("reload-configuration", "").status == 403);
  configure(R"("NoSuchKey": 1, "AuditPageSize": 0)");
  CHECK(kill(server.pid(), SIGHUP) == 0);
  sandbox::wait_until([&] { return server.err().find("stays as it was") != std::string::npos; }, patience,
                      "the refusal");
  const auto outcome = server.end(SIGTERM);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, Contains("The configuration stays as it was: ") &&
                              Contains("These keys need a restart: URLPrefix") && !Contains("Tw0-or-m0re"));
}

TEST_CASE("`continuous` polls until it is stopped", "[program]") {
  ProgramFixture programs("a > b");
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  system_test::Program program({built("orchestrator"), "-c", "continuous", "--verbose"}, programs.folder);
  programs.servers.server("b").kill9();
  sandbox::wait_until(
      [&] {
        return programs.orchestrator({"-c", "topology", "-i", programs.key("a")})
                   .out.find("last check invalid") != std::string::npos;
      },
      patience, "the dead replica to be seen");
  CHECK(program.end(SIGTERM).status == 0);
}

TEST_CASE("A port in use is a clear error", "[program]") {
  ProgramFixture programs("a");
  system_test::Program first({built("orchestrator-http")}, programs.folder);
  sandbox::wait_until([&] { return http_get(programs.port(), "/api/lb-check").status == 200; }, patience,
                      "the first server");
  const auto second = system_test::run({built("orchestrator-http")}, programs.folder);
  CHECK(second.status == 1);
  CHECK_THAT(second.err, Contains(std::to_string(programs.port())));
  CHECK(first.end(SIGINT).status == 0);
}

TEST_CASE("Replicas are moved by the command line and over HTTP", "[program]") {
  ProgramFixture programs("a > b > c, a > d");
  const auto key = [&](const char* name) { return programs.key(name); };
  CHECK(programs.orchestrator({"-c", "discover", "-i", key("a")}).status == 0);
  const auto printed = [&](const std::vector<std::string>& words) {
    const auto outcome = programs.orchestrator(words);
    INFO(words.at(1) << ": " << outcome.err);
    CHECK(outcome.status == 0);
    return outcome.out;
  };
  const auto plan = printed({"-c", "move-up", "-i", key("c"), "-dry-run", "cli"});
  CHECK_THAT(plan, StartsWith(key("b") + ": stop replication\n") &&
                       Contains(key("c") + ": replicate from " + key("a")));
  CHECK(printed({"-c", "which-master", "-i", key("c")}) == key("b") + "\n");
  CHECK(printed({"-c", "move-up", "-i", key("c"), "cli"}) == key("c") + "<" + key("a") + "\n");
  CHECK(printed({"-c", "which-master", "-i", key("c")}) == key("a") + "\n");
  CHECK(printed({"-c", "move-below", "-i", key("c"), "-s", key("d")}) == key("c") + "<" + key("d") + "\n");
  CHECK(printed({"-c", "move-up-replicas", "-i", key("d")}) == key("c") + "\n");
  CHECK(printed({"-c", "enslave-siblings", "-i", key("b")}) == key("b") + "\n");
  CHECK(printed({"-c", "repoint-slaves", "-i", key("b"), "-pattern",
                 std::to_string(programs.servers.server("c").port())}) == key("c") + "<" + key("b") + "\n");
  CHECK(printed({"-c", "stop-slave", "-i", key("c")}) == key("c") + "\n");
  CHECK_THAT(printed({"-c", "instance-status", "-i", key("c")}), StartsWith("[not replicating,"));
  require_error(programs.orchestrator({"-c", "move-up", "-i", key("c")}),
                "thread of " + key("c") + " is not running");
  CHECK(printed({"-c", "start-replica", "-i", key("c")}) == key("c") + "\n");
  CHECK(printed({"-c", "detach-slave", "-i", key("c")}) == key("c") + "\n");
  CHECK(printed({"-c", "detach-slave", "-i", key("c")}) == key("c") + "\n");
  for (const char* command : {"move-up", "start-slave", "restart-slave"})
    require_error(programs.orchestrator({"-c", command, "-i", key("c")}), "is detached");
  CHECK(printed({"-c", "reattach-slave", "-i", key("c")}) == key("c") + "\n");
  CHECK_THAT(printed({"-c", "instance-status", "-i", key("c")}), StartsWith("[OK,"));
  require_error(programs.orchestrator({"-c", "skip-query", "-i", key("c")}), "nothing to skip");
  CHECK(printed({"-c", "begin-maintenance", "-i", key("c")}) == key("c") + "\n");
  CHECK(printed({"-c", "end-maintenance", "-i", key("c")}) == key("c") + "\n");
  require_error(
      programs.orchestrator({"-c", "begin-maintenance", "-i", key("c"), "-reason", "x", "-duration", "soon"}),
      "duration");
  CHECK(printed({"-c", "begin-maintenance", "-i", key("c"), "-reason", "new disks", "-owner", "ann"}) ==
        key("c") + "\n");
  require_error(programs.orchestrator({"-c", "move-up", "-i", key("c")}), "is locked by ann");

  system_test::Program server({built("orchestrator-http"), "-discovery=false"}, programs.folder);
  const auto get = [&](const std::string& target, const std::string& headers = "") {
    return http_get(programs.port(), target, headers);
  };
  sandbox::wait_until([&] { return get("/api/maintenance").status == 200; }, patience, "the server");
  CHECK_THAT(get("/api/maintenance").body, Contains(R"("Owner":"ann","Reason":"new disks")"));
  auto answer = get("/api/move-up/" + programs.path("c"));
  CHECK(answer.status == 423);
  CHECK_THAT(answer.body, StartsWith(R"({"Code":"ERROR","Message":")") && Contains("is locked by ann"));
  CHECK(get("/api/end-maintenance/" + programs.path("c")).status == 200);
  answer = get("/api/begin-maintenance/" + programs.path("c") + "/gromit/upgrading+mysql+version");
  CHECK_THAT(answer.body,
             StartsWith(R"({"Code":"OK","Message":"Maintenance begun: )" + key("c") + R"(","Details":)"));
  const auto id = answer.body.substr(answer.body.rfind(':') + 1);
  CHECK(get("/api/end-maintenance/" + id.substr(0, id.size() - 1)).status == 200);
  CHECK(get("/api/end-maintenance/" + id.substr(0, id.size() - 1)).status == 404);
  CHECK(get("/api/move-up/" + programs.path("c"), "Sec-Fetch-Site: cross-site\r\n").status == 403);
  answer = get("/api/restart-replica/" + programs.path("b"));
  CHECK_THAT(answer.body, StartsWith(R"({"Code":"OK","Message":"Replica restarted: )" + key("b")));
  // Includes data that is not read for an operation.
  CHECK_THAT(answer.body, Contains(R"("SlaveHosts":[{)") && Contains(R"("IsLastCheckValid":true)"));
  answer = get("/api/move-up/" + programs.path("c") + "?dry-run=true");
  CHECK_THAT(answer.body, Contains("Dry run of move-up") && Contains(key("b") + ": stop replication"));
  CHECK_THAT(get("/api/instance/" + programs.path("c")).body,
             Contains("\"MasterKey\":{\"Hostname\":\"127.0.0.1\",\"Port\":" +
                      std::to_string(programs.servers.server("b").port())));
  answer = get("/api/move-up/" + programs.path("c"));
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, StartsWith(R"({"Code":"OK","Message":"Instance )" + key("c") +
                                     R"( moved up","Details":{"Key":{"Hostname":"127.0.0.1",)"));
  CHECK(get("/api/move-below/" + programs.path("c") + "/" + programs.path("b")).status == 200);
  CHECK(get("/api/move-below/" + programs.path("c") + "/" + programs.path("a")).status == 409);
  for (const char* route : {"stop-slave", "start-slave", "set-read-only", "set-writeable", "stop-slave-nice",
                            "start-slave", "enslave-master"}) {
    INFO(route);
    CHECK(get("/api/" + std::string(route) + "/" + programs.path("c")).status == 200);
  }
  CHECK(get("/api/kill-query/" + programs.path("c") + "/none").status == 400);
  CHECK(get("/api/kill-query/" + programs.path("c") + "/999999").status == 502);  // there is no such process
  CHECK_THAT(get("/api/audit").body, Contains("\"AuditType\":\"enslave-master\""));
  CHECK(server.end(SIGTERM).status == 0);
}

TEST_CASE("The leftovers of a killed process are reported by the command line and by a starting server",
          "[program]") {
  ProgramFixture programs("a > b > c, b > d");
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  CHECK(programs.orchestrator({"-c", "unfinished"}).out.empty());
  std::vector<std::string> words{built("mortal_operation"),
                                 (programs.folder / "orchestrator.sqlite3").string(), "move-up-slaves", "2",
                                 "before"};
  for (const char* name : {"a", "b", "c", "d"}) words.push_back(std::string(name) + "=" + programs.key(name));
  CHECK(system_test::run(words).status == 128 + SIGKILL);

  const auto b = programs.key("b");
  const auto list = programs.orchestrator({"-c", "unfinished"});
  CHECK(list.status == 0);
  CHECK_THAT(list.out, StartsWith("move-up-slaves of " + b + ", started ") &&
                           Contains("\n  " + b + " is left stopped, at binlog.") &&
                           Contains("  to undo it: orchestrator -c undo-unfinished -i " + b + "\n"));
  require_error(programs.orchestrator({"-c", "move-up-slaves", "-i", b}),
                "the process of that operation has ended; `orchestrator -c unfinished` shows its leftovers");
  {
    system_test::Program server({built("orchestrator-http"), "-discovery=false"}, programs.folder);
    sandbox::wait_until([&] { return http_get(programs.port(), "/api/unfinished").status == 200; }, patience,
                        "the server");
    const auto answer = http_get(programs.port(), "/api/unfinished").body;
    CHECK_THAT(http_get(programs.port(), "/api/instance/" + programs.path("b")).body,
               Contains(R"("UnfinishedOperation":"move-up-slaves of )" + b + ", started ") &&
                   Contains("its process ended before the operation was finished"));
    CHECK_THAT(http_get(programs.port(), "/api/problems").body,
               Contains("its process ended before the operation was finished"));
    CHECK_THAT(answer, StartsWith(R"([{"OperationId":1,"Operation":"move-up-slaves","Key":{)") &&
                           Contains(R"("IsUnderWay":false,"Servers":[{)") &&
                           Contains(R"("IsInOrder":false})"));
    CHECK_THAT(server.end(SIGTERM).err, Contains("move-up-slaves of " + b + ", started ") &&
                                            Contains("was interrupted") && Contains(b + " is left stopped"));
  }
  CHECK_THAT(programs.orchestrator({"-c", "topology", "-i", b}).out,
             Contains(b + " [") && Contains(",unfinished]"));
  // The state after an attempt to finish the operation that failed.
  system_test::execute_in(programs.folder / "orchestrator.sqlite3",
                          "UPDATE topology_operation SET process = ''");
  const auto plan = programs.orchestrator({"-c", "finish-unfinished", "-i", b, "-dry-run"});
  CHECK_THAT(plan.out,
             Contains(b + ": stop and start replication") && Contains("then repeat: move-up-slaves"));
  CHECK_FALSE(programs.servers.server("b").replicates());
  CHECK(programs.orchestrator({"-c", "finish-unfinished", "-i", b}).status == 0);
  CHECK(programs.servers.server("b").replicates());
  CHECK(programs.orchestrator({"-c", "which-master", "-i", programs.key("c")}).out ==
        programs.key("a") + "\n");
  CHECK(programs.orchestrator({"-c", "unfinished"}).out.empty());
  CHECK_THAT(programs.orchestrator({"-c", "topology", "-i", b}).out, !Contains("unfinished"));
  require_error(programs.orchestrator({"-c", "undo-unfinished", "-i", b}),
                "No unfinished operation concerns " + b);
}
