// Every operation of the registry, as a command and as a route.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>

#include "sandbox/wait.h"
#include "system/support/desk.h"
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
  system_test::Desk desk("a > b > c, b > d");
  CHECK(desk.orchestrator({"-c", "discover", "-i", desk.key("a")}).status == 0);
  const auto port = desk.port();
  const system_test::Program server({system_test::built("orchestrator-http"), "--discovery=false"},
                                    desk.folder);
  sandbox::wait_until([&] { return system_test::http_get(port, "/api/clusters").status == 200; }, patience,
                      "the server");
  for (const auto& operation : topo::refactor::operations()) {
    INFO(operation.name);
    auto target = fmt::format("/api/{}/{}", operation.name, desk.path("c"));
    std::vector<std::string> words{"-c", std::string(operation.name), "-i", desk.key("c"), "-dry-run"};
    if (operation.process == Use::required) target += "/7";
    if (operation.target == Use::required) {
      target += "/" + desk.path("d");
      words.insert(words.end(), {"-s", desk.key("d")});
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
    const auto printed = desk.orchestrator(words);
    INFO(printed.out << printed.err);
    CHECK((printed.status == 0) == (answer.status == 200));
    if (printed.status == 0)
      CHECK(after(printed.out, "") == after(answer.body, "\"Details\":\""));
    else
      CHECK_THAT(printed.err, Contains(message));
  }
  // What the page offers is what the rules allow.
  const auto offered = system_test::http_get(port, "/api/actions/" + desk.path("c")).body;
  CHECK_THAT(offered, Contains("\"Operation\":\"move-up\",\"Path\":\"move-up/" + desk.path("c") + "\""));
  CHECK_THAT(offered, Contains("\"Operation\":\"reset-slave\"") && Contains("\"Danger\":\"type-name\""));
  CHECK(offered.find("\"Operation\":\"reattach-slave\"") == std::string::npos);
  const auto listed = desk.orchestrator({"-c", "actions", "-i", desk.key("c")});
  CHECK_THAT(listed.out, Contains("move-up\tyes\t\n") && Contains("stop-slave\tyes\t\n"));
}
