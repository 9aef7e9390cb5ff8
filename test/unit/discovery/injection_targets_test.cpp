#include "discovery/injection_targets.h"

#include <catch2/catch.hpp>

using namespace topo;
using discovery::injection_targets;

namespace {

// A writable master of cluster "a:3306".
InstanceLink link(const std::string& host) {
  InstanceLink made;
  made.key = {host, 3306};
  made.cluster_name = "a:3306";
  made.last_check_valid = made.log_bin = true;
  return made;
}

InstanceLink replica(const std::string& host) {
  auto made = link(host);
  made.master = {"a", 3306};
  return made;
}

InstanceLink co_master(const std::string& host, const std::string& other, bool read_only = false) {
  auto made = link(host);
  made.master = {other, 3306};
  made.is_co_master = true;
  made.read_only = read_only;
  return made;
}

// Their host names, "a b".
std::string chosen(const std::vector<InstanceLink>& links, const std::vector<InstanceKey>& locked = {}) {
  std::string text;
  for (const auto& target : injection_targets(links, locked))
    text.append(text.empty() ? "" : " ").append(target.master.hostname());
  return text;
}

}  // namespace

TEST_CASE("entries are injected on the master of each cluster that accepts them", "[discovery]") {
  auto other = link("x");
  other.cluster_name = "x:3306";
  CHECK(chosen({link("a"), replica("b"), other}) == "a x");
  CHECK(chosen({replica("b")}).empty());
  CHECK(injection_targets(std::vector{link("a")}, {}).at(0).cluster == "a:3306");

  auto master = link("a");
  SECTION("not on a read-only master") {
    master.read_only = true;
  }
  SECTION("not without a binary log") {
    master.log_bin = false;
  }
  SECTION("not on an unreachable master") {
    master.last_check_valid = false;
  }
  SECTION("not in an unknown cluster") {
    master.cluster_name.clear();
  }
  CHECK(chosen({master, replica("b"), other}) == "x");
}

TEST_CASE("no entries are injected on a locked master", "[discovery]") {
  CHECK(chosen({link("a"), replica("b")}, {{"a", 3306}}).empty());
  CHECK(chosen({link("a"), replica("b")}, {{"b", 3306}, {"a", 3307}}) == "a");
}

TEST_CASE("only one writable co-master gets entries", "[discovery]") {
  CHECK(chosen({co_master("a", "b", true), co_master("b", "a")}) == "b");
  CHECK(chosen({co_master("a", "b"), co_master("b", "a", true)}) == "a");
  CHECK(chosen({co_master("a", "b", true), co_master("b", "a", true)}).empty());
  const auto a = co_master("a", "b"), b = co_master("b", "a");
  CHECK(chosen({a, b}) == "a");
  CHECK(chosen({b, a}) == "a");

  // Both are in the cluster named after b, though a comes first.
  auto one = a, two = b;
  one.cluster_name = two.cluster_name = "b:3306";
  CHECK(chosen({one, two}) == "b");
  CHECK(chosen({two, one}) == "b");
  // A locked co-master is not replaced by the other; a dead one is.
  CHECK(chosen({one, two}, {{"b", 3306}}).empty());
  two.last_check_valid = false;
  CHECK(chosen({one, two}) == "a");
  // The cluster is named after neither.
  one.cluster_name = two.cluster_name = "z:3306";
  two.last_check_valid = true;
  CHECK(chosen({two, one}) == "a");
}
