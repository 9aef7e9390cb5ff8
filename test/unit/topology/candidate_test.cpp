#include "topo/topology/candidate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <tuple>
#include <utility>

#include "support/picture.h"
#include "topo/base/error.h"

namespace candidate_test {

namespace {

topo::KnownInstance replica(const char* name, std::uint64_t executed) {
  auto known = picture::known(picture::instance(name, "m"));
  known.instance.channels.front().exec = {"binlog.000001", executed};
  return known;
}

topo::InstanceKey choose(const std::vector<topo::KnownInstance>& replicas, const topo::Filter& denied = {},
                         topo::ReplicaProgress progress = topo::ReplicaProgress::executed,
                         topo::Completeness completeness = topo::Completeness::first) {
  topo::Choosing how{denied};
  how.progress = progress;
  how.completeness = completeness;
  return topo::best_of(topo::rank_candidates(replicas, picture::instance("m"), how), picture::key("m"));
}

std::string refusal(const std::vector<topo::KnownInstance>& replicas, const topo::Filter& denied = {}) {
  try {
    static_cast<void>(choose(replicas, denied));
    return "";
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::refused);
    return error.what();
  }
}

}  // namespace

TEST_CASE("the candidate has executed the most and can be a master", "[topology]") {
  auto ahead = replica("a", 900);
  auto middle = replica("b", 500);
  auto behind = replica("c", 100);
  const auto chosen = [&](const topo::Filter& denied = {}) {
    return choose({behind, ahead, middle}, denied);
  };
  CHECK(chosen() == picture::key("a"));
  CHECK(chosen([](const auto& key) { return key.hostname() == "a"; }) == picture::key("b"));
  ahead.instance.log_slave_updates = false;
  CHECK(chosen() == picture::key("b"));
  middle.instance.log_bin = false;
  CHECK(chosen() == picture::key("c"));
  behind.instance.channels.front().exec = topo::detached_coordinates({"binlog.000001", 100});
  CHECK(refusal({behind, ahead, middle}) ==
        "No replica of m:3306 can be promoted; c:3306 is detached; a:3306 does not log what it replicates; "
        "b:3306 has no binary log");
  CHECK(refusal({}) == "No replicas found for m:3306");
  CHECK(choose({replica("y", 5), replica("x", 5)}) == picture::key("x"));
}

TEST_CASE(
    "where nothing can be lost, a candidate that can serve the others ranks above one that has executed "
    "more",
    "[topology]") {
  const auto choose = [](const std::vector<topo::KnownInstance>& replicas) {
    return candidate_test::choose(replicas, {}, topo::ReplicaProgress::executed,
                                  topo::Completeness::after_serving);
  };
  auto newest = replica("a", 900);
  newest.instance.version = "9.7.0";
  const auto ahead = replica("b", 500);
  const auto behind = replica("c", 100);
  CHECK(choose({behind, newest, ahead}) == picture::key("b"));
  // No candidate can serve all; e serves the most.
  auto by_rows = replica("d", 700);
  by_rows.instance.binlog_format = "ROW";
  auto by_statements = replica("e", 100);
  by_statements.instance.binlog_format = "STATEMENT";
  CHECK(choose({newest, by_rows, by_statements}) == picture::key("e"));
}

TEST_CASE("replicas are ranked with the reason why another one is better", "[topology]") {
  const auto master = [] {
    auto made = picture::instance("m");
    made.data_center = "here";
    return made;
  }();
  std::vector<topo::KnownInstance> replicas{
      replica("best", 900),     replica("equal", 900),   replica("far", 900),      replica("behind", 800),
      replica("newer", 900),    replica("errant", 900),  replica("filtered", 900), replica("leaves", 900),
      replica("unlogged", 900), replica("unloved", 900), replica("never", 900)};
  for (auto& one : replicas) one.instance.data_center = "here";
  replicas[2].instance.data_center = "there";
  replicas[4].instance.version = "9.7.0";
  replicas[5].instance.errant_gtids = "0-2-7..9";
  replicas[6].instance.channels.front().has_filters = true;
  replicas[7].instance.has_binlog_filters = true;
  replicas[8].instance.log_slave_updates = false;
  replicas[9].promotion_rule = topo::PromotionRule::prefer_not;
  replicas[10].promotion_rule = topo::PromotionRule::must_not;
  const auto ranked_of = [&] {
    std::string text;
    const auto ranked = topo::rank_candidates(replicas, master, {});
    for (const auto& one : ranked) text += one.key.hostname() + ": " + one.why_not + "\n";
    return text;
  };
  const std::string expected =
      "best: \n"
      "equal: equal:3306 is as good as best:3306, which is the first by name\n"
      "far: far:3306 is in another data centre or environment than its master\n"
      "unloved: unloved:3306 is registered as prefer_not, best:3306 as neutral\n"
      "newer: newer:3306 can serve 0 of the others, best:3306 can serve 9\n"
      "errant: errant:3306 has errant transactions (0-2-7..9)\n"
      "leaves: leaves:3306 leaves changes out of its binary log (binlog-do-db, binlog-ignore-db)\n"
      "behind: behind:3306 has executed up to binlog.000001:800, best:3306 up to binlog.000001:900\n"
      "filtered: filtered:3306 has replication filters\n";
  const std::string never = "never: never:3306 is registered as must_not\n";
  const std::string unlogged = "unlogged: unlogged:3306 does not log what it replicates\n";
  CHECK(ranked_of() == expected + unlogged + never);
  std::ranges::reverse(replicas);
  CHECK(ranked_of() == expected + never + unlogged);
}

TEST_CASE("a candidate that has lost its own transactions is worse than one that has them", "[topology]") {
  const std::string uuid = "aaaaaaaa-1111-1111-1111-111111111111";
  auto former = replica("a", 900), other = replica("b", 900);
  for (auto* known : {&former, &other}) {
    known->instance.version = "9.7.0";
    known->instance.gtid_mode = "ON";
    known->instance.executed_gtid_set = uuid + ":1-9";
  }
  former.instance.server_uuid = uuid;
  other.instance.server_uuid = "bbbbbbbb-1111-1111-1111-111111111111";
  CHECK(choose({former, other}) == picture::key("a"));
  former.instance.executed_gtid_set = uuid + ":1-6";
  CHECK(choose({former, other}) == picture::key("b"));
  CHECK(topo::rank_candidates({former, other}, picture::instance("m"), {}).back().why_not ==
        "a:3306 has lost transactions that it had committed itself (" + uuid + ":7-9): others have them");
  former.instance.is_co_master = true;  // it may have committed them since it was read
  CHECK(choose({former, other}) == picture::key("a"));
}

TEST_CASE("a preferred candidate first gets what it lacks from the one that has most", "[topology]") {
  auto most = replica("a", 900), preferred = replica("b", 500);
  const auto least = replica("c", 100);
  preferred.promotion_rule = topo::PromotionRule::prefer;
  topo::Choosing how;
  how.may_catch_up = true;
  how.limits.has_pseudo_gtid = true;
  const auto ranked = [&] {
    return topo::rank_candidates({most, preferred, least}, picture::instance("m"), how);
  };
  const auto told = [&] {
    const auto all = ranked();
    std::string text = all.front().key.hostname();
    if (all.front().source) text += " by " + all.front().source->hostname();
    for (const auto& lost : all.front().lost) text += "; lost: " + lost;
    for (const auto& one : all) text += one.why_not.empty() ? "" : "\n" + one.why_not;
    return text;
  };
  CHECK(told() ==
        "b by a\n"
        "a:3306 is registered as neutral, b:3306 as prefer\n"
        "c:3306 is registered as neutral, b:3306 as prefer");
  // It serves as a source, though it must not become a master.
  preferred.promotion_rule = topo::PromotionRule::neutral;
  most.promotion_rule = topo::PromotionRule::must_not;
  CHECK(ranked().front().key == picture::key("b"));
  CHECK(ranked().front().source == picture::key("a"));
  most.promotion_rule = topo::PromotionRule::prefer_not;
  CHECK(ranked().front().source == picture::key("a"));
  most.instance.data_center = "far";
  most.promotion_rule = topo::PromotionRule::neutral;
  CHECK(ranked().front().source == picture::key("a"));
  // Not from one that cannot pass it on: what it has comes first.
  const auto reason = [&](const std::function<void(topo::Instance&)>& change) {
    auto unchanged = std::pair(most, how);
    change(most.instance);
    const auto all = ranked();
    std::tie(most, how) = unchanged;
    if (all.front().source) return "it catches up by " + all.front().source->display();
    return all.front().key == picture::key("a") ? all.at(1).why_not : all.front().lost.at(0);
  };
  const std::string behind = "b:3306 has executed up to binlog.000001:500, a:3306 up to binlog.000001:900";
  CHECK(
      reason([&](auto&) { how.limits.has_pseudo_gtid = false; }) ==
      behind +
          ", and it cannot get the rest first: b:3306 cannot be matched: PseudoGTIDPattern is not set in the "
          "configuration");
  CHECK(reason([&](auto&) { how.may_catch_up = false; }) == behind);
  CHECK(reason([](auto& a) { a.has_binlog_filters = true; }).starts_with(behind + ", and it cannot get"));
  CHECK(reason([](auto& a) { a.errant_gtids = "0-2-7..9"; }) ==
        behind + ", and it cannot get the rest first: a:3306 has errant transactions");
  CHECK(reason([](auto& a) { a.version = "11.8.1-MariaDB"; }).starts_with(behind + ", and it cannot get"));
  CHECK(reason([](auto& a) { a.log_slave_updates = false; }) ==
        "a:3306 has executed events of m:3306 up to binlog.000001:900 (it does not log what it replicates)");
}

TEST_CASE("of equals by GTID, one whose coordinates are known is better", "[topology]") {
  auto known = replica("z", 900), unknown = replica("a", 900);
  unknown.instance.channels.front().exec = {};
  for (auto* one : {&known, &unknown}) one->instance.channels.front().using_mariadb_gtid = true;
  CHECK(choose({unknown, known}) == picture::key("z"));
}

TEST_CASE("what a replica has that takes no part or cannot be compared counts as lost", "[topology]") {
  const auto best = replica("a", 900);
  topo::Choosing how;
  const auto lost = [&](const topo::KnownInstance& other) {
    const auto all = topo::judge_candidate(best.instance.key, {best, other}, how).lost;
    return all.empty() ? "" : all.front();
  };
  CHECK(lost(replica("b", 900)).empty());
  CHECK(lost(replica("b", 901)) == "b:3306 has executed events of m:3306 up to binlog.000001:901");
  auto elsewhere = replica("b", 100);
  elsewhere.instance.channels.front().exec = {};
  CHECK(lost(elsewhere).starts_with("b:3306 may have more, or has: no coordinates of b:3306 are known"));
  auto held = replica("b", 100);
  held.instance.channels.front().read = {"binlog.000001", 901};
  held.instance.channels.front().why_not_drained = "it is slow";
  CHECK(lost(held).starts_with("b:3306 has received events of m:3306"));
  held.instance.channels.front().read = {"binlog.000001", 900};
  CHECK(lost(held).empty());
  auto left = replica("c", 100).instance;
  left.channels.front().read = {"binlog.000001", 901};
  how.left = {{left, "it is locked"}};
  CHECK(lost(replica("b", 900)) ==
        "c:3306 has received events of m:3306 up to binlog.000001:901, and is not moved (it is locked)");
}

TEST_CASE("received events count for a replica that can execute them", "[topology]") {
  auto slow = replica("a", 100), fast = replica("b", 200);
  slow.instance.channels.front().read = {"binlog.000002", 4};
  fast.instance.channels.front().read = {"binlog.000001", 300};
  const auto chosen = [&](topo::ReplicaProgress progress) { return choose({fast, slow}, {}, progress); };
  CHECK(chosen(topo::ReplicaProgress::executed) == picture::key("b"));
  CHECK(chosen(topo::ReplicaProgress::available) == picture::key("a"));
  slow.instance.channels.front().sql_delay = std::chrono::seconds(3600);
  CHECK(chosen(topo::ReplicaProgress::available) == picture::key("b"));
  slow.instance.channels.front().sql_delay = std::chrono::seconds(0);
  slow.instance.channels.front().sql_thread = topo::ThreadState::stopped;
  CHECK(chosen(topo::ReplicaProgress::available) == picture::key("b"));
}

TEST_CASE("the sibling for the replicas of a dead intermediate master has executed as much and is similar",
          "[topology]") {
  auto instances = picture::instances("a > m > r, a > b, a > c > x, c > y, a > d > z");
  const auto of = [&](const char* name) -> topo::KnownInstance& {
    for (auto& known : instances)
      if (known.instance.key == picture::key(name)) return known;
    throw std::runtime_error(name);
  };
  const auto execute = [&](const char* name, std::uint64_t coordinates) {
    of(name).instance.channels.front().exec = {"binlog.000001", coordinates};
  };
  const auto chosen = [&] {
    const auto key = topo::choose_sibling(topo::Topology(instances), picture::key("m"));
    return key ? key->hostname() : "nobody";
  };
  for (const char* name : {"m", "b", "c", "d"}) execute(name, 500);
  of("m").last_check_valid = false;
  CHECK(chosen() == "c");  // it has the most replicas
  of("c").last_check_valid = false;
  CHECK(chosen() == "d");
  of("d").instance.log_slave_updates = false;
  CHECK(chosen() == "b");
  of("d").instance.log_slave_updates = true;
  of("d").instance.data_center = "elsewhere";
  CHECK(chosen() == "b");
  execute("b", 499);
  CHECK(chosen() == "nobody");  // behind the executed position of the dead one
  execute("b", 501);
  CHECK(chosen() == "b");
  for (const auto& spoil : std::vector<std::function<void(topo::Instance&)>>{
           [](auto& one) { one.log_bin = false; }, [](auto& one) { one.physical_environment = "test"; },
           [](auto& one) { one.is_binlog_server = true; },
           [](auto& one) { one.channels.front().has_filters = true; },
           [](auto& one) { one.channels.front().sql_thread = topo::ThreadState::stopped; }}) {
    const auto before = of("b").instance;
    spoil(of("b").instance);
    CHECK(chosen() == "nobody");
    of("b").instance = before;
  }
  CHECK(chosen() == "b");
  // Among siblings with as many replicas, the most advanced.
  of("c").last_check_valid = true;
  of("d").instance.data_center = "";
  instances.erase(std::remove_if(instances.begin(), instances.end(),
                                 [](const auto& known) { return known.instance.key == picture::key("y"); }),
                  instances.end());
  execute("d", 700);
  CHECK(chosen() == "d");
  execute("c", 701);
  CHECK(chosen() == "c");

  CHECK_FALSE(topo::choose_sibling(topo::Topology(instances), picture::key("a")));
  CHECK_FALSE(topo::choose_sibling(topo::Topology(instances), picture::key("nobody")));
}

TEST_CASE("a candidate cannot serve those that need by GTID what it has purged", "[topology]") {
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const auto of = [&](const char* name, const char* executed, const char* purged) {
    auto known = replica(name, 900);
    known.instance.version = "8.0.36";
    known.instance.executed_gtid_set = uuid + ":" + executed;
    known.instance.gtid_purged = *purged == 0 ? "" : uuid + ":" + purged;
    known.instance.channels.front().using_oracle_gtid = true;
    return known;
  };
  const auto a = of("a", "1-9", "1-7"), b = of("b", "1-9", "1-4"), c = of("c", "1-6", "1-3"),
             d = of("d", "1-5:8", ""), e = of("e", "1-9:12", "1-5:12");
  const auto why_not = [](const std::vector<topo::KnownInstance>& replicas, const char* name) {
    topo::Choosing how;
    how.completeness = topo::Completeness::irrelevant;
    for (const auto& one : topo::rank_candidates(replicas, picture::instance("m"), how))
      if (one.key == picture::key(name)) return one.why_not;
    return std::string("not ranked");
  };
  CHECK(why_not({a, b, c, d}, "b").empty());
  CHECK(why_not({a, b, c, d}, "a") == "a:3306 can serve 1 of the others, b:3306 can serve 3");
  CHECK(why_not({a, b, c, d, e}, "e") == "e:3306 can serve 0 of the others, b:3306 can serve 4");
  // All have what a has purged, or ask by coordinates.
  CHECK(why_not({a, b}, "a").empty());
  auto by_coordinates = c;
  by_coordinates.instance.channels.front().using_oracle_gtid = false;
  CHECK(why_not({a, b, by_coordinates}, "a").empty());
  // What a server reports may be no GTIDs.
  auto strange = d;
  strange.instance.executed_gtid_set = "?";
  CHECK(why_not({a, b, strange}, "b") == "b:3306 can serve 1 of the others, d:3306 can serve 2");

  CHECK(topo::standings({&a, &b, &c}, picture::instance("m"), {}, {})[0] == 0);
  CHECK(topo::standings({&a, &b, &c}, picture::instance("m"), {}, {})[1] > 0);
}

TEST_CASE("a replica is fit to succeed by its rule and its place, if it serves all others", "[topology]") {
  const auto fit = [](const std::function<void(topo::KnownInstance&)>& change) {
    auto a = replica("a", 900), b = replica("b", 900);
    change(a);
    return topo::standings({&a, &b}, picture::instance("m"), {}, {});
  };
  const auto alike = fit([](auto&) {});
  CHECK(alike[0] == alike[1]);
  CHECK(alike[0] > 0);
  CHECK(fit([](auto& k) { k.promotion_rule = topo::PromotionRule::prefer; })[0] > alike[1]);
  CHECK(fit([](auto& k) { k.instance.data_center = "far"; })[0] < alike[1]);
  CHECK(fit([](auto& k) {
          k.promotion_rule = topo::PromotionRule::prefer;
          k.instance.data_center = "far";
        })[0] > alike[1]);
  const auto none = [&](const std::function<void(topo::KnownInstance&)>& change) { return fit(change)[0]; };
  CHECK(none([](auto& k) { k.promotion_rule = topo::PromotionRule::must_not; }) == 0);
  CHECK(none([](auto& k) { k.instance.log_slave_updates = false; }) == 0);
  CHECK(none([](auto& k) { k.instance.channels.front().has_filters = true; }) == 0);
  CHECK(none([](auto& k) { k.instance.errant_gtids = "0-2-7"; }) == 0);
  CHECK(none([](auto& k) { k.instance.version = "9.9.9"; }) == 0);
}

}  // namespace candidate_test
