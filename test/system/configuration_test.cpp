// How the programs handle their configuration, as a user sees it. No MySQL servers.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "sandbox/rogue/server.h"
#include "sandbox/wait.h"
#include "system/support/configuration_fixture.h"

using namespace system_test;
using namespace std::chrono_literals;
using Catch::Contains;
using Catch::StartsWith;

namespace {

constexpr auto foreign = R"("RaftEnabled": true, "WebMessage": "x", "MySQLTopolgyUser": "dba",
                            "ReplicationLagQuery": "select 1", "ServeAgentsHttp": true)";

}  // namespace

TEST_CASE("A server prints configuration warnings once at its start, the most important first", "[config]") {
  const ConfigurationFixture fixture(foreign);
  const auto served = fixture.serve({"http"}, [](pid_t server) { kill(server, SIGHUP); });
  INFO(served.err);
  CHECK(served.status == 0);
  for (const auto* key :
       {"RaftEnabled", "WebMessage", "MySQLTopolgyUser", "ReplicationLagQuery", "ServeAgentsHttp"})
    CHECK(count(served.err, key) == 1);
  CHECK(served.err.find("RaftEnabled") < served.err.find("ReplicationLagQuery"));
  CHECK(served.err.find("MySQLTopolgyUser") < served.err.find("WebMessage"));
}

TEST_CASE(
    "Commands print configuration warnings on request, and missing safeguards before they change servers",
    "[config]") {
  const ConfigurationFixture fixture(foreign);
  CHECK(fixture.orchestrator({"-c", "clusters"}).err.empty());
  const auto verbose = fixture.orchestrator({"-c", "clusters", "--verbose"}).err;
  for (const auto* key :
       {"RaftEnabled", "WebMessage", "MySQLTopolgyUser", "ReplicationLagQuery", "ServeAgentsHttp"})
    CHECK(count(verbose, key) == 1);
  const auto moving = fixture.orchestrator({"-c", "move-up", "-i", "nosuch:3306"}).err;
  CHECK_THAT(moving, Contains("RaftEnabled") && !Contains("WebMessage") && !Contains("MySQLTopolgyUser"));
}

TEST_CASE("A server warns once that others can read a password, commands do not", "[config]") {
  const ConfigurationFixture fixture("");
  fixture.write(R"("MySQLTopologyPassword": "s3cret")", std::filesystem::perms(0644));
  const auto command = fixture.orchestrator({"-c", "clusters"});
  CHECK(command.status == 0);
  CHECK(command.err.empty());
  const auto served = fixture.serve({"http"}, [](pid_t server) { kill(server, SIGHUP); });
  CHECK(count(served.err, "can read it: chmod 600") == 1);
  CHECK_THAT(served.err, !Contains("s3cret"));
}

TEST_CASE("check-config reports all errors at once, and no false ones", "[config]") {
  const ConfigurationFixture fixture("");
  const auto good = fixture.orchestrator({"-c", "check-config"});
  CHECK(good.status == 0);
  CHECK(good.out.ends_with("Nothing is wrong\n"));
  CHECK(good.err.empty());

  fixture.write(fmt::format(
      R"({}, "InstancePollSeconds": "often", "ReadOnly": 7, "MySQLTopologySSLCAFile": "/nonexistent/ca.pem",
      "SlaveLagQuery": "select 'a", "PseudoGTIDPattern": "(", "AuditLogFile": "/nonexistent/a/audit.log",
      "PostFailoverProcesses": ["echo {{failedHosts}}"], "DataCenterPattern": "x", "UseSSL": true,
      "AuthenticationMethod": "multi", "HTTPAuthUser": "a:b", "AuthProxyAddresses": ["10.0.0.300", "x"],
      "HTTPAllowedHosts": ["http://x"], "SSLCertFile": "/nonexistent/cert", "SSLPrivateKeyFile": "/nonexistent/key")",
      foreign));
  const auto bad = fixture.orchestrator({"-c", "check-config"});
  INFO(bad.out);
  CHECK(bad.status == 1);
  CHECK(bad.err.empty());
  for (const auto* part : {"wrong: RaftEnabled in ",
                           "wrong: Unknown key \"MySQLTopolgyUser\"",
                           "did you mean MySQLTopologyUser?",
                           "wrong: ReplicationLagQuery in ",
                           "here it is SlaveLagQuery, in seconds",
                           "remark: No effect in this version",
                           "InstancePollSeconds is \"often\"",
                           "ReadOnly is 7",
                           "MySQLTopologySSLCAFile names /nonexistent/ca.pem, which cannot be used",
                           "SlaveLagQuery: a string in single quotes is not closed",
                           "PseudoGTIDPattern is \"(\"",
                           "AuditLogFile names /nonexistent/a/audit.log, which cannot be written",
                           "{failedHosts} in command 1",
                           "DataCenterPattern is \"x\", but it has no group",
                           "wrong: HTTPAuthUser is \"a:b\"",
                           "HTTPAuthPassword is empty",
                           "\"10.0.0.300\"",
                           "HTTPAllowedHosts has \"http://x\"",
                           "SSLCertFile names /nonexistent/cert",
                           "SSLPrivateKeyFile names /nonexistent/key"}) {
    CHECK_THAT(bad.out, Contains(part));
  }
  CHECK(fixture.orchestrator({"-c", "check-config", "-config", "/nonexistent.json"}).status == 1);
  // Remarks alone are no error.
  fixture.write(R"("WebMessage": "x", "AgentPollMinutes": 5)");
  const auto odd = fixture.orchestrator({"-c", "check-config"});
  CHECK(odd.status == 0);
  CHECK(count(odd.out, "remark: ") == 3);
}

TEST_CASE("check-config reports why no command would work, and creates nothing", "[config]") {
  const ConfigurationFixture fixture("");
  const auto checked = [&](const std::string& settings) {
    fixture.write(settings);
    const auto outcome = fixture.orchestrator({"-c", "check-config"});
    return std::to_string(outcome.status) + '\n' + outcome.out;
  };
  const auto told = [&](const std::string& key, const std::string& file) {
    return checked(fmt::format(R"("{}": "{}")", key, file));
  };
  const auto is_wrong = [](const std::string& outcome, const std::string& words) {
    CHECK_THAT(outcome, StartsWith("1\n") && Contains("wrong: " + words));
  };
  is_wrong(told("SlaveLagQuery", "drop table t"),
           "SlaveLagQuery must be read-only, but it has a statement that begins with DROP");
  is_wrong(told("SlaveLagQuery", "select 1; drop table t"),
           "SlaveLagQuery must be read-only, but it has a statement that begins with DROP");
  is_wrong(told("SlaveLagQuery", "set @lag = 1"), "SlaveLagQuery ends with SET, and returns nothing");
  is_wrong(told("SlaveLagQuery", "1"),
           "SlaveLagQuery must be read-only, but it has a statement that begins with \"1\"");
  CHECK_THAT(checked(R"("MySQLOrchestratorHost": "a;b")"), Contains("it has the character ';'"));
  is_wrong(checked(R"("MySQLOrchestratorHost": "a", "MySQLOrchestratorDatabase": "o")"),
           "MySQLOrchestratorUser is empty");
  is_wrong(told("SQLite3DataFile", "/proc/x.sqlite"),
           "SQLite3DataFile names /proc/x.sqlite, which cannot be used: it does not exist, and cannot be "
           "created in /proc");
  is_wrong(told("AuditLogFile", "/proc/audit"), "AuditLogFile names /proc/audit");
  const auto text = (fixture.path() / "100% text?.json").string();
  std::ofstream(text) << std::string(200, '{');
  is_wrong(told("SQLite3DataFile", text),
           "SQLite3DataFile names " + text + ", which cannot be used: file is not a database");
  CHECK_THAT(told("SQLite3DataFile", text + "/x"), StartsWith("1\n") && Contains("it is not a folder"));
  // A file that can be created is no error, and is not created.
  const auto folder = fixture.path() / "new" / "folder";
  CHECK_THAT(told("SQLite3DataFile", (folder / "o.sqlite3").string()), StartsWith("0\n"));
  CHECK_FALSE(std::filesystem::exists(folder.parent_path()));
  // Nor is an existing file; nothing is created beside it.
  fixture.write("");
  CHECK(fixture.orchestrator({"-c", "clusters"}).status == 0);
  std::filesystem::remove(fixture.path() / "o.sqlite3-wal");
  std::filesystem::remove(fixture.path() / "o.sqlite3-shm");
  CHECK_THAT(checked(""), StartsWith("0\n"));
  CHECK_FALSE(std::filesystem::exists(fixture.path() / "o.sqlite3-shm"));

  CHECK_THAT(checked(""), Contains("remark: MySQLTopologyUser is empty"));
  CHECK_THAT(checked(R"("MySQLTopologyUser": "u", "MySQLTopologySSLMode": "verify")"),
             !Contains("MySQLTopologyUser") && Contains("remark: MySQLTopologySSLMode is verify, but"));
  CHECK_THAT(checked(R"("ReadOnly": true, "AutoPseudoGTID": true)"), Contains("remark: ReadOnly is on"));
}

TEST_CASE("a server with an unusable certificate names the file and the reason, and does not start",
          "[config]") {
  const ConfigurationFixture fixture(
      R"("UseSSL": true, "SSLCertFile": "/nonexistent/cert", "SSLPrivateKeyFile": "/nonexistent/key",
      "UseMutualTLS": true, "SSLCAFile": "/")");
  const auto server = fixture.orchestrator({"http"});
  CHECK(server.status == 1);
  for (const auto* part :
       {"SSLCertFile names /nonexistent/cert, which cannot be used: No such file or directory",
        "SSLPrivateKeyFile names /nonexistent/key, which cannot be used: No such file",
        "SSLCAFile names /, which cannot be used: it is a folder"})
    CHECK_THAT(server.err, Contains(part));
  CHECK(fixture.orchestrator({"-c", "clusters"}).status == 0);  // commands need no certificate
}

TEST_CASE("ReadOnly applies to the command line, too", "[config]") {
  const ConfigurationFixture fixture(R"("ReadOnly": "true")");
  for (const auto* command : {"move-up", "discover", "forget", "begin-maintenance", "recover",
                              "set-read-only", "stop-slave", "undo-unfinished", "kill-query"}) {
    const auto refused = fixture.orchestrator({"-c", command, "-i", "db1:3306"});
    INFO(command << ": " << refused.err);
    if (refused.err.find("Unknown command") != std::string::npos) continue;  // HTTP only
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, Contains("ReadOnly"));
  }
  CHECK(fixture.orchestrator({"-c", "clusters"}).status == 0);
}

TEST_CASE("Arguments and a command beside http are ignored with a warning", "[config]") {
  const ConfigurationFixture fixture("");
  const auto served = fixture.serve({"http", "-c", "clusters", "often"});
  CHECK(served.status == 0);
  CHECK_THAT(served.err, Contains("-c clusters is ignored beside http") && Contains("\"often\" is ignored"));
}

TEST_CASE("An error is printed once", "[config]") {
  const ConfigurationFixture fixture("");
  for (const auto* command : {"discover", "refresh", "which-instance", "move-up", "recover"}) {
    const auto failed = fixture.orchestrator({"-c", command, "-i", "127.0.0.1:1"});
    INFO(failed.err);
    CHECK(failed.status == 1);
    CHECK(count(failed.err, "\n") == 1);
    CHECK_THAT(failed.err, Contains(" FATAL "));
  }
}

TEST_CASE("The limit of open files is raised, and a server warns if that is not enough", "[config]") {
  const ConfigurationFixture fixture("");
  Program program({"/bin/sh", "-c", "ulimit -Sn 64; ulimit -Hn 256; exec \"$0\" http", built("orchestrator")},
                  fixture.path());
  const auto limits = [&] {
    std::ifstream file(fmt::format("/proc/{}/limits", program.pid()));
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("Max open files")) return line;
    return std::string();
  };
  sandbox::wait_until([&] { return count(limits(), "256") == 2; }, 10s, "the limit");
  sandbox::wait_until([&] { return fixture.get("/api/clusters").status == 200; }, 30s, "the server");
  sandbox::wait_until([&] { return count(program.err(), "The limit of open files is 256, and ") == 1; }, 30s,
                      "a warning");
  CHECK(program.end(SIGTERM).status == 0);
}

TEST_CASE("--stack prints the functions in which an error was thrown", "[config]") {
  const ConfigurationFixture fixture("");
  const auto plain = fixture.orchestrator({"-c", "which-instance", "-i", "nosuch:3306"});
  CHECK(count(plain.err, "\n") == 1);
  const auto traced = fixture.orchestrator({"-c", "which-instance", "-i", "nosuch:3306", "--stack"});
  CHECK(traced.status == 1);
  CHECK_THAT(traced.err, Contains("FATAL Instance not found") && Contains("find_instance") &&
                             Contains("run_command_line") && Contains("main"));
}

TEST_CASE("A password among the arguments is hidden while a command runs", "[config]") {
  const ConfigurationFixture fixture("");
  // Waits for a server that accepts the connection and sends nothing.
  const rogue::Server silent({.mode = "silent"});
  Program program({built("orchestrator"), "-c", "discover", "-i", fmt::format("127.0.0.1:{}", silent.port()),
                   "-replication-password", "s3cret"},
                  fixture.path());
  const auto arguments = [&] {
    std::ifstream file(fmt::format("/proc/{}/cmdline", program.pid()));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  sandbox::wait_until([&] { return arguments().find("xxxxxx") != std::string::npos; }, 10s, "hiding");
  CHECK(arguments().find("s3cret") == std::string::npos);
}
