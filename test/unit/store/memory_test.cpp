#include "store/memory.h"

#include <catch2/catch.hpp>

#include "support/picture.h"

using picture::key;
using topo::InstanceWrite;
using topo::store::Memory;
using namespace std::chrono_literals;

namespace {

const topo::KnownInstance* find(const std::vector<topo::KnownInstance>& all, std::string_view name) {
  for (const auto& known : all)
    if (known.instance.key == key(name)) return &known;
  return nullptr;
}

}  // namespace

TEST_CASE("writes are remembered as the backend would store them", "[store][memory]") {
  Memory memory;
  const std::vector<InstanceWrite> early{topo::SeenInstance{picture::instance("x"), true}};
  memory.update(early);
  CHECK_FALSE(memory.is_complete());
  CHECK(memory.instances().empty());  // incomplete data would be mistaken for everything

  memory.update(picture::instances("a > b"));
  CHECK(memory.is_complete());
  const std::vector<InstanceWrite> writes{
      topo::FailedInstance{key("b"), "no route", topo::ReadFailure::answered},
      topo::SeenInstance{picture::instance("c", "a"), true},
      topo::ClusterAssignment{key("b"), "z:3306", 4, true}, topo::UnseenMaster{key("u")},
      topo::FailedInstance{key("nobody"), "why"}};
  memory.update(writes);
  const auto all = memory.instances();
  REQUIRE(all.size() == 4);
  const auto& b = *find(all, "b");
  CHECK_FALSE(b.last_check_valid);
  CHECK(b.last_check_error == "no route");
  CHECK(b.last_check_failure == topo::ReadFailure::answered);
  CHECK(b.since_last_checked == 0s);
  CHECK(b.instance.cluster_name == "z:3306");
  CHECK(b.instance.replication_depth == 4);
  CHECK(find(all, "c")->last_check_valid);
  CHECK(find(all, "u")->instance.version == "Unknown");
  CHECK(find(all, "nobody") == nullptr);

  const std::vector<InstanceWrite> again{topo::SeenInstance{picture::instance("b", "a"), false}};
  memory.update(again);
  CHECK(find(memory.instances(), "b")->last_check_valid);
  memory.forget(key("b"));
  CHECK(find(memory.instances(), "b") == nullptr);
  CHECK(memory.instances([](const auto& one) { return one.key == key("c"); }).size() == 1);
}

TEST_CASE("clusters are counted and keep their aliases", "[store][memory]") {
  Memory memory;
  auto all = picture::instances("a > b, x");
  for (auto& known : all) {
    if (known.instance.key == key("b")) known.instance.slave_lag = 7s;
  }
  memory.update(all);
  memory.update(std::vector<topo::ClusterInfo>{{"a:3306", "shop", 9}});
  for (const auto& info : memory.clusters()) {
    if (info.cluster_name == "a:3306") CHECK(info == topo::ClusterInfo{"a:3306", "shop", 2, 7s});
    if (info.cluster_name == "x:3306") CHECK(info == topo::ClusterInfo{"x:3306", "", 1});
  }
  CHECK(memory.clusters().size() == 2);
}
