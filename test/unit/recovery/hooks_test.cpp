#include "recovery/hooks.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <sstream>

#include "config/placeholders.h"

using Catch::Contains;
using topo::recovery::filled_in;
using topo::recovery::HookFacts;

namespace {

HookFacts facts(const char* cluster = "db0.example.com:3306") {
  HookFacts facts;
  facts.analysis.key = {"db1.example.com", 3307};
  facts.analysis.cluster_name = cluster;
  facts.analysis.failure = topo::Failure::dead_intermediate_master;
  return facts;
}

struct Log {
  std::ostringstream text;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)};
};

std::vector<std::string> run(Log& log, const std::vector<std::string>& commands,
                             const HookFacts& about = facts()) {
  return topo::recovery::run_hooks("PreFailoverProcesses", commands, about, log.log);
}

}  // namespace

TEST_CASE("a hook's placeholders are replaced, those of the successor once it exists", "[recovery]") {
  constexpr auto command = "tell '{failureType}' {failedHost}:{failedPort} {failureCluster} {successorHost}";
  CHECK(filled_in(command, facts()) ==
        "tell 'DeadIntermediateMaster' db1.example.com:3307 db0.example.com:3306 {successorHost}");
  auto ended = facts();
  ended.successor = {"larger", 1};
  CHECK(filled_in("{successorHost}:{successorPort} {failureDescription}", ended) ==
        "larger:1 The intermediate master cannot be reached and none of its replicas is replicating");
  CHECK(filled_in("{unknown} {", ended) == "{unknown} {");
  auto by_address = facts();
  by_address.analysis.key = {"fe80::1", 3307};
  CHECK(filled_in("{failedHost}", by_address) == "fe80::1");
}

TEST_CASE("every documented placeholder is replaced", "[recovery]") {
  auto ended = facts();
  ended.successor = {"db2", 1};
  for (const auto name : topo::config::placeholders) {
    const auto text = "{" + std::string(name) + "}";
    INFO(text);
    CHECK(filled_in(text, ended) != text);
    const bool before = topo::config::unknown_placeholders(text, true).empty();
    CHECK((filled_in(text, facts()) != text) == before);
  }
}

TEST_CASE("no name can inject a command", "[recovery]") {
  CHECK(filled_in("{failureCluster}", facts("$(id>x);`id`|&\\'\"~*?!#<\n")) == "__id_x___id_____________");
  // A name that looks like a placeholder is not replaced either.
  CHECK(filled_in("{failureCluster}", facts("{failedPort}")) == "_failedPort_");
}

TEST_CASE("hooks run concurrently in bash, with the facts in their environment", "[recovery]") {
  Log log;
  const auto began = std::chrono::steady_clock::now();
  // Each hook waits for the other: in sequence they would hang.
  char folder[] = "/tmp/orchestrator-test-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string at = folder;
  const auto both = [&](const char* own, const char* other) {
    return "touch " + at + "/" + own + "; until [[ -e " + at + "/" + other + " ]]; do sleep 0.01; done";
  };
  CHECK(run(log, {both("a", "b"), both("b", "a")}).empty());
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
  CHECK(run(log,
            {"rm -r " + at +
             "; echo $ORC_FAILURE_TYPE of \"$ORC_FAILED_HOST\" $ORC_FAILED_PORT in "
             "\"$ORC_FAILURE_CLUSTER\" to [$ORC_SUCCESSOR_HOST]"},
            facts("a;b"))
            .empty());
  CHECK_THAT(log.text.str(), Contains("command 1 of PreFailoverProcesses printed: DeadIntermediateMaster of "
                                      "db1.example.com 3307 in a;b to []"));
}

TEST_CASE("a failed hook is reported by number, not by text", "[recovery]") {
  Log log;
  const auto failures = run(log, {"true", "echo oh; exit 3 # secret", "kill -9 $$", "no-such-command-here"});
  REQUIRE(failures.size() == 3);
  CHECK(failures[0] == "command 2 of PreFailoverProcesses failed: exit status 3");
  CHECK(failures[1] == "command 3 of PreFailoverProcesses failed: ended by signal 9");
  CHECK(failures[2] == "command 4 of PreFailoverProcesses failed: exit status 127");
  CHECK_THAT(log.text.str(), Contains("printed: oh") && !Contains("secret"));
  CHECK(run(log, {}).empty());
}

TEST_CASE("a hook inherits no open files, and its background processes block nothing", "[recovery]") {
  Log log;
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const auto began = std::chrono::steady_clock::now();
  CHECK(run(log, {"for fd in /proc/$$/fd/*; do readlink $fd; done; sleep 30 &"}).empty());
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
  struct stat own {};
  REQUIRE(fstat(pipe_ends[0], &own) == 0);
  CHECK_THAT(log.text.str(), Contains("/dev/null") && !Contains("pipe:[" + std::to_string(own.st_ino) + "]"));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}
