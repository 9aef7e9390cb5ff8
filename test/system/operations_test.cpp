// Every operation of the registry, as a command and as a route.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>

#include "sandbox/wait.h"
#include "system/support/program_fixture.h"
#include "topo/refactor/operation.h"

namespace {

using Catch::Contains;
using sandbox::patience;
using topo::refactor::Use;

// Of the envelope {"Code":…,"Message":"…","Details":…}, or of the line on standard error, up to what JSON
// escapes.
std::string after(const std::string& text, std::string_view mark) {
  const auto begin = text.find(mark);
  if (begin == std::string::npos) return "";
  const auto from = begin + mark.size();
  return text.substr(from, text.find_first_of("\"\\\n", from) - from);
}

}  // namespace

TEST_CASE("Every operation does the same on the command line and over HTTP", "[program]") {
  system_test::ProgramFixture programs("a > b > c, b > d");
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  const auto port = programs.port();
  const system_test::Program server({system_test::built("orchestrator-http"), "--discovery=false"},
                                    programs.folder);
  sandbox::wait_until([&] { return system_test::http_get(port, "/api/clusters").status == 200; }, patience,
                      "the server");
  for (const auto& operation : topo::refactor::operations()) {
    INFO(operation.name);
    auto target = fmt::format("/api/{}/{}", operation.name, programs.path("c"));
    std::vector<std::string> words{"-c", std::string(operation.name), "-i", programs.key("c"), "-dry-run"};
    if (operation.process == Use::required) target += "/7";
    if (operation.target == Use::required) {
      target += "/" + programs.path("d");
      words.insert(words.end(), {"-s", programs.key("d")});
    }
    const auto answer = system_test::http_get(port, target + "?dry-run=true");
    INFO(answer.body);
    const auto message = after(answer.body, "\"Message\":\"");
    CHECK_FALSE(message.empty());
    if (answer.status == 200) {
      CHECK_THAT(answer.body, Contains("\"Code\":\"OK\""));
      CHECK(message == fmt::format("Dry run of {}: nothing was done", operation.name));
    } else {
      CHECK_THAT(answer.body, Contains("\"Code\":\"ERROR\""));
    }
    if (!operation.on_command_line) continue;
    const auto printed = programs.orchestrator(words);
    INFO(printed.out << printed.err);
    CHECK((printed.status == 0) == (answer.status == 200));
    if (printed.status == 0)
      CHECK(after(printed.out, "") == after(answer.body, "\"Details\":\""));
    else
      CHECK_THAT(printed.err, Contains(message));
  }
  // What the page offers is what the rules allow.
  const auto offered = system_test::http_get(port, "/api/actions/" + programs.path("c")).body;
  CHECK_THAT(offered, Contains("\"Operation\":\"move-up\",\"Path\":\"move-up/" + programs.path("c") + "\""));
  CHECK_THAT(offered, Contains("\"Operation\":\"reset-slave\"") && Contains("\"Danger\":\"type-name\""));
  CHECK(offered.find("\"Operation\":\"reattach-slave\"") == std::string::npos);
  const auto listed = programs.orchestrator({"-c", "actions", "-i", programs.key("c")});
  CHECK_THAT(listed.out, Contains("move-up\tyes\t\n") && Contains("stop-slave\tyes\t\n"));
}
