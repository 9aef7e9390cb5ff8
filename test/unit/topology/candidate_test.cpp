#include "topo/topology/candidate.h"

#include <catch2/catch.hpp>

#include "support/picture.h"
#include "topo/base/error.h"

namespace {

topo::KnownInstance replica(const char* name, std::uint64_t executed) {
  auto known = picture::known(picture::instance(name, "m"));
  known.instance.channels.front().exec = {"binlog.000001", executed};
  return known;
}

std::string refusal(const std::vector<topo::KnownInstance>& replicas, const topo::Filter& denied = {}) {
  try {
    static_cast<void>(topo::choose_candidate(replicas, picture::key("m"), denied));
    return "";
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::refused);
    return error.what();
  }
}

}  // namespace

TEST_CASE("the candidate is the one that has executed most and can be a master", "[topology]") {
  auto ahead = replica("a", 900);
  auto middle = replica("b", 500);
  auto behind = replica("c", 100);
  const auto chosen = [&](const topo::Filter& denied = {}) {
    return topo::choose_candidate({behind, ahead, middle}, picture::key("m"), denied);
  };
  CHECK(chosen() == picture::key("a"));
  CHECK(chosen([](const auto& key) { return key.hostname == "a"; }) == picture::key("b"));
  ahead.instance.log_slave_updates = false;
  CHECK(chosen() == picture::key("b"));
  middle.instance.log_bin = false;
  CHECK(chosen() == picture::key("c"));
  behind.instance.channels.front().exec = topo::detached_coordinates({"binlog.000001", 100});
  CHECK(refusal({behind, ahead, middle}) ==
        "No slave of m:3306 can become a master; c:3306 is detached; a:3306 does not log what it replicates; "
        "b:3306 has no binary log");
  CHECK(refusal({}) == "No slaves found for m:3306");
  CHECK(topo::choose_candidate({replica("y", 5), replica("x", 5)}, picture::key("m"), {}) ==
        picture::key("x"));
}
