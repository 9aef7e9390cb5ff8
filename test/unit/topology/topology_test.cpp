#include "topo/topology/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <functional>
#include <limits>

#include "support/picture.h"

using topo::KnownInstance;
using topo::Topology;

namespace {

std::vector<std::string> names_of(const std::vector<const KnownInstance*>& instances) {
  std::vector<std::string> hosts;
  for (const auto* known : instances) hosts.push_back(known->instance.key.hostname());
  return hosts;
}

std::vector<std::string> roots(const Topology& topology) {
  return names_of(topology.roots());
}

std::vector<KnownInstance> star(std::size_t size) {
  std::vector<KnownInstance> made{picture::known(picture::instance("m"))};
  while (made.size() < size)
    made.push_back(picture::known(picture::instance(fmt::format("r{}", made.size()), "m")));
  return made;
}

std::vector<KnownInstance> chain(std::size_t size) {
  std::vector<KnownInstance> made{picture::known(picture::instance("h0"))};
  while (made.size() < size) {
    const auto i = made.size();
    made.push_back(picture::known(picture::instance(fmt::format("h{}", i), fmt::format("h{}", i - 1))));
  }
  return made;
}

std::vector<KnownInstance> ring(std::size_t size) {
  auto made = chain(size);
  made.front() = picture::known(picture::instance("h0", fmt::format("h{}", size - 1)));
  return made;
}

// Processor time, so that other load counts less; the minimum of three runs.
double seconds_for(const std::function<void()>& work) {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < 3; ++i) {
    const auto began = std::clock();
    work();
    least = std::min(least, static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
  }
  return least;
}

}  // namespace

TEST_CASE("masters and replicas", "[topology]") {
  const auto topology = picture::topology("a > b > c, a > d");
  REQUIRE(topology.instances().size() == 4);
  CHECK(roots(topology) == std::vector<std::string>{"a"});
  const auto* a = topology.find(picture::key("a"));
  const auto* c = topology.find(picture::key("c"));
  REQUIRE((a && c));
  CHECK(names_of(topology.replicas_of(*a)) == std::vector<std::string>{"b", "d"});
  CHECK(topology.replicas_of(*c).empty());
  CHECK(topology.master_of(*a) == nullptr);
  CHECK(topology.master_of(*c) == topology.find(picture::key("b")));
  CHECK(topology.find(picture::key("x")) == nullptr);
}

TEST_CASE("instances are ordered by host and port, in any input order", "[topology]") {
  auto instances = picture::instances("a:3308 > b:3306, a:3308 > b:3305, a:3308 > a:3307");
  std::reverse(instances.begin(), instances.end());
  const Topology topology(instances);
  std::vector<std::string> order;
  for (const auto& known : topology.instances()) order.push_back(known.instance.key.display());
  CHECK(order == std::vector<std::string>{"a:3307", "a:3308", "b:3305", "b:3306"});
}

TEST_CASE("among several instances with one key the first counts", "[topology]") {
  auto instances = picture::instances("a > b, a > c");
  auto other = picture::known(picture::instance("b", "c"));
  other.instance.version = "later";
  instances.push_back(other);
  const Topology topology(instances);
  CHECK(topology.instances().size() == 3);
  CHECK(topology.find(picture::key("b"))->instance.version != "later");
  CHECK(names_of(topology.replicas_of(*topology.find(picture::key("a")))) ==
        std::vector<std::string>{"b", "c"});
}

TEST_CASE("roots of trees and rings", "[topology]") {
  struct Case {
    const char* picture;
    std::vector<std::string> roots;
  };
  const Case cases[] = {
      {"a > b", {"a"}},
      {"(x) > b, (x) > a", {"a", "b"}},
      {"(x) > a > b, c > d", {"a", "c"}},
      {"b > a > b", {"b"}},  // named after b
      {"a > b > a, b > c", {"a"}},
      {"c > a > b > c, b > d", {"c"}},
      {"x, b > a > b > c, y > z", {"b", "x", "y"}},
  };
  for (const auto& c : cases) {
    INFO(c.picture);
    CHECK(roots(picture::topology(c.picture)) == c.roots);
  }
}

TEST_CASE("a ring named after none of its members begins with the first", "[topology]") {
  auto instances = picture::instances("c > b > a > c");
  for (auto& known : instances) known.instance.cluster_name = "gone:3306";
  CHECK(roots(Topology(instances)) == std::vector<std::string>{"a"});
}

TEST_CASE("an instance that replicates from itself is a root", "[topology]") {
  auto instances = picture::instances("a > b");
  instances.push_back(picture::known(picture::instance("s", "s")));
  const Topology topology(instances);
  CHECK(roots(topology) == std::vector<std::string>{"a", "s"});
  CHECK(topology.replicas_of(*topology.find(picture::key("s"))).empty());
}

TEST_CASE("no instances, no roots", "[topology]") {
  const Topology topology({});
  CHECK(topology.roots().empty());
  CHECK(topo::ascii_tree(topology, {}).empty());
}

TEST_CASE("building and printing are linear in the number of instances", "[topology][large]") {
  constexpr std::size_t small = 1250, large = 10000;  // 8 times as many; quadratic, 64 times the work
  constexpr double most = 32;
  using Make = std::vector<KnownInstance> (*)(std::size_t);
  const auto ratio = [&](Make make, bool print) {
    const auto seconds = [&](std::size_t size) {
      const auto instances = make(size);
      return seconds_for([&] {
        const Topology topology(instances);
        if (print) CHECK_FALSE(topo::ascii_tree(topology, {}).empty());
      });
    };
    return seconds(large) / seconds(small);
  };
  CHECK(ratio(star, true) < most);
  CHECK(ratio(ring, true) < most);
  CHECK(ratio(chain, false) < most);  // the printed size of a chain is quadratic itself
}

TEST_CASE("a chain of ten thousand instances", "[topology]") {
  const Topology topology(chain(10000));
  CHECK(roots(topology) == std::vector<std::string>{"h0"});
  const auto text = topo::ascii_tree(Topology(chain(1000)), {});
  CHECK(std::count(text.begin(), text.end(), '\n') == 999);
  CHECK(text.find("\n" + std::string(2 * 998, ' ') + "+ h999:3306 ") != std::string::npos);
}
