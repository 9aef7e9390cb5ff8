#include "topo/topology/move_targets.h"

#include <catch2/catch.hpp>
#include <map>

#include "support/picture.h"
#include "topo/base/error.h"

namespace move_targets_test {

using picture::key;
using topo::MoveVerdict;
using topo::Topology;

namespace {

topo::RuleLimits limits_with_pseudo_gtid() {
  topo::RuleLimits limits;
  limits.has_pseudo_gtid = true;
  return limits;
}

std::string word(const MoveVerdict& verdict) {
  if (verdict.kind == MoveVerdict::Kind::no) return "no";
  return (verdict.kind == MoveVerdict::Kind::warning ? "warning " : "") + verdict.operation;
}

// By host: "classic, by Pseudo-GTID".
std::map<std::string, std::string> verdicts(const Topology& topology, std::string_view dragged) {
  std::map<std::string, std::string> all;
  for (const auto& target : topo::move_targets(topology, key(dragged), limits_with_pseudo_gtid())) {
    for (const auto* verdict : {&target.classic, &target.pseudo_gtid})
      CHECK(verdict->reason.empty() == (verdict->kind == MoveVerdict::Kind::yes));
    all[target.key.hostname()] = word(target.classic) + ", " + word(target.pseudo_gtid);
  }
  return all;
}

const topo::MoveTarget& of(const std::vector<topo::MoveTarget>& targets, std::string_view name) {
  for (const auto& target : targets)
    if (target.key == key(name)) return target;
  throw std::runtime_error("no such target");
}

}  // namespace

TEST_CASE("A replica may be moved below its siblings, up, or anywhere by Pseudo-GTID", "[topology]") {
  const auto topology = picture::topology("a > b > c > d, b > e, a > f > g");
  CHECK(verdicts(topology, "c") == std::map<std::string, std::string>{{"a", "move-up, match-below"},
                                                                      {"b", "no, match-below"},
                                                                      {"d", "no, no"},
                                                                      {"e", "move-below, match-below"},
                                                                      {"f", "no, warning match-below"},
                                                                      {"g", "no, warning match-below"}});
}

TEST_CASE("The reason says why a replica cannot be moved there", "[topology]") {
  const auto targets = topo::move_targets(picture::topology("a > b > c > d, b > e, a > f"), key("c"),
                                          limits_with_pseudo_gtid());
  CHECK(of(targets, "b").classic.reason == "c:3306 replicates from b:3306 already");
  CHECK(of(targets, "d").classic.reason ==
        "c:3306 can move below a sibling, or below the master of its master, one step at a time; d:3306 is "
        "neither");
  CHECK(of(targets, "d").pseudo_gtid.reason == "d:3306 replicates from c:3306");
  CHECK(of(targets, "f").pseudo_gtid.reason ==
        "f:3306 is neither an ancestor of c:3306 nor its sibling: whether it has executed what c:3306 has "
        "can only "
        "be determined from its binary log");
  const auto ring =
      topo::move_targets(picture::topology("a > b > a, a > c"), key("a"), limits_with_pseudo_gtid());
  CHECK(of(ring, "c").classic.reason == "a:3306 is a co-master: it cannot be moved out of its ring");
}

TEST_CASE("A master may be moved below its replica to make co-masters", "[topology]") {
  const auto topology = picture::topology("a > b > c, a > d");
  CHECK(verdicts(topology, "a") == std::map<std::string, std::string>{{"b", "make-co-master, no"},
                                                                      {"c", "no, no"},
                                                                      {"d", "make-co-master, no"}});
  const auto targets = topo::move_targets(topology, key("a"), limits_with_pseudo_gtid());
  const auto& classic = of(targets, "b").classic;
  CHECK(classic.subject == key("b"));
  CHECK_FALSE(classic.other.has_value());
}

TEST_CASE("A co-master cannot be dragged", "[topology]") {
  const auto found = verdicts(picture::topology("a > b > a, a > c"), "a");
  CHECK(found.at("b").starts_with("no,"));
  CHECK(found.at("c").starts_with("no,"));
}

TEST_CASE("An unreachable instance is no target, and the reason is given", "[topology]") {
  auto instances = picture::instances("a > b, a > c");
  for (auto& known : instances) {
    if (known.instance.key == key("c")) {
      known.last_check_valid = false;
      known.last_check_error = "Connection refused";
    }
  }
  const auto targets =
      topo::move_targets(Topology(std::move(instances)), key("b"), limits_with_pseudo_gtid());
  const auto& c = of(targets, "c");
  CHECK(word(c.classic) == "no");
  CHECK(word(c.pseudo_gtid) == "no");
  CHECK(c.classic.operation == "move-below");
  CHECK(c.classic.reason.find("c:3306") != std::string::npos);
}

TEST_CASE("A stopped sibling that has executed less is no target by Pseudo-GTID", "[topology]") {
  auto instances = picture::instances("a > b, a > c");
  for (auto& known : instances) {
    if (known.instance.key == key("b")) known.instance.channels.front().exec = {"bin.000009", 700};
    if (known.instance.key == key("c")) known.instance.channels.front().exec = {"bin.000009", 600};
  }
  const Topology running(instances);
  CHECK(verdicts(running, "b").at("c") == "move-below, match-below");
  for (auto& known : instances) {
    if (known.instance.is_replica()) known.instance.channels.front().sql_thread = topo::ThreadState::stopped;
  }
  const Topology stopped(std::move(instances));
  CHECK(verdicts(stopped, "b").at("c") == "no, no");
  CHECK(verdicts(stopped, "c").at("b") == "no, match-below");
}

TEST_CASE("Without a pattern nothing is matched", "[topology]") {
  const auto targets = topo::move_targets(picture::topology("a > b, a > c"), key("b"), topo::RuleLimits{});
  CHECK(word(of(targets, "c").pseudo_gtid) == "no");
  CHECK(of(targets, "c").pseudo_gtid.reason.find("PseudoGTIDPattern") != std::string::npos);
}

TEST_CASE("An unknown instance cannot be dragged", "[topology]") {
  CHECK_THROWS_AS(topo::move_targets(picture::topology("a > b"), key("x"), topo::RuleLimits{}), topo::Error);
}

}  // namespace move_targets_test
