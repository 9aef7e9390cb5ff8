#include "base/process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

using namespace topo;

TEST_CASE("a process on this host is alive or has ended", "[base]") {
  CHECK(liveness_of(this_process()) == Liveness::lives);
  CHECK(this_process() == this_process());

  std::array<int, 2> names{}, go{};
  REQUIRE(pipe(names.data()) == 0);
  REQUIRE(pipe(go.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto name = this_process();
    char byte = 0;
    const bool is_well = write(names[1], name.data(), name.size()) > 0 && read(go[0], &byte, 1) == 1;
    _exit(is_well ? 0 : 1);
  }
  std::array<char, 1000> buffer{};
  const auto length = read(names[0], buffer.data(), buffer.size());
  REQUIRE(length > 0);
  const std::string name(buffer.data(), static_cast<std::size_t>(length));
  CHECK(name != this_process());
  CHECK(liveness_of(name) == Liveness::lives);
  REQUIRE(write(go[1], "x", 1) == 1);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  CHECK(liveness_of(name) == Liveness::ended);  // even before its parent has reaped it
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(liveness_of(name) == Liveness::ended);
  for (const int end : {names[0], names[1], go[0], go[1]}) close(end);
}

TEST_CASE("the liveness of a process on another host is unknown", "[base]") {
  CHECK(liveness_of("elsewhere " + this_process()) == Liveness::unknown);
  CHECK(liveness_of("x") == Liveness::unknown);
  CHECK(liveness_of(" ") == Liveness::unknown);
  CHECK(liveness_of("a b") == Liveness::unknown);
  // The same pid, reused by a later process.
  CHECK(liveness_of(this_process() + "1") == Liveness::ended);
  auto odd = this_process();
  odd.insert(odd.rfind(' '), "/../1");
  CHECK(liveness_of(odd) == Liveness::unknown);
  CHECK(liveness_of("") == Liveness::ended);  // no process
}
