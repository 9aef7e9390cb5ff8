#include "topo/recovery/forced.h"

#include <catch2/catch.hpp>

#include "support/picture.h"
#include "topo/base/error.h"

namespace {

using picture::instance;
using picture::key;
using topo::ReadFailure;
using topo::recovery::forced_method;
using topo::recovery::ForcedMethod;

std::string forced_refusal(const topo::Instance* designated, const topo::refactor::FailedRead& read) {
  try {
    static_cast<void>(forced_method(key("a"), designated, read));
    return "";
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::refused);
    return error.what();
  }
}

}  // namespace

TEST_CASE("a master that can be read is taken over, by force, too", "[recovery][forced]") {
  const auto replica = instance("b", "a");
  CHECK(forced_method(key("a"), nullptr, {"", ReadFailure::none}) == ForcedMethod::take_over);
  CHECK(forced_method(key("a"), &replica, {"", ReadFailure::none}) == ForcedMethod::take_over);
}

TEST_CASE("a master that does not answer, or cannot be asked, is presumed dead by force",
          "[recovery][forced]") {
  const auto replica = instance("b", "a");
  for (const auto failure : {ReadFailure::no_answer, ReadFailure::local, ReadFailure::unknown}) {
    CAPTURE(static_cast<int>(failure));
    CHECK(forced_method(key("a"), nullptr, {"silent", failure}) == ForcedMethod::recover);
    CHECK(forced_method(key("a"), &replica, {"silent", failure}) == ForcedMethod::promote);
  }
}

TEST_CASE("a master that answers with an error is not replaced by force", "[recovery][forced]") {
  const auto replica = instance("b", "a");
  const std::string expected =
      "a:3306 is alive, but cannot be made read-only: Too many connections; stop the server, or use "
      "recover -force or make-master -force if it takes no writes";
  CHECK(forced_refusal(nullptr, {"Too many connections", ReadFailure::answered}) == expected);
  CHECK(forced_refusal(&replica, {"Too many connections", ReadFailure::answered}) == expected);
}

TEST_CASE("force does not promote a replica of another master", "[recovery][forced]") {
  for (const auto failure : {ReadFailure::none, ReadFailure::no_answer, ReadFailure::answered}) {
    for (const auto* above : {"", "c"}) {
      const auto other = instance("b", above);
      CHECK(forced_refusal(&other, {"", failure}) ==
            "b:3306 does not replicate from a:3306 directly; name a replica that does");
    }
  }
}
