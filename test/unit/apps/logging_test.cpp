#include "common/logging.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

#include "common/flags.h"
#include "common/terminal_text.h"

using namespace orchestrator;

namespace {

// Text written to standard error while `work` runs.
template <typename Work>
std::string written_by(const Work& work) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  const int before = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  work();
  std::fflush(stderr);
  dup2(before, STDERR_FILENO);
  close(before);
  std::string text(65536, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("A log message is one line, whatever its content") {
  using namespace std::string_literals;
  const auto message =
      "alias \n2026-01-01 00:00:00 FATAL forged\r\x1b[2J \x9b"
      "2J \u009b \u202e x\0y"s;
  const auto text = written_by([&] { make_log(Flags{})->warn("{}", message); });
  REQUIRE(text.size() > 20);
  CHECK(text.substr(20) == "WARNING alias  2026-01-01 00:00:00 FATAL forged ?[2J ?2J ? ? x?y\n");
}

TEST_CASE("Terminal output keeps lines and tabs, and no other control characters") {
  CHECK(fit_for_terminal("a\tb\x1b[31m\n\u202e\n\nend") == "a\tb?[31m\n?\n\nend");
  CHECK(fit_for_terminal("").empty());
}
