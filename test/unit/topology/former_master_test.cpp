// Former masters that answer again: which instance is one, and what it needs to be made read-only.
#include "topo/topology/former_master.h"

#include <fmt/format.h>

#include "topo/topology/status.h"
#include "unit/topology/planning_test.h"

namespace former_master_test {
namespace {

using namespace planning_test;
using namespace std::chrono_literals;
using topo::Instance;

constexpr auto uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

// As b replaced it a minute ago; it was read just now.
void replace_by_b(KnownInstance& known) {
  known.instance.version = "8.0.36";
  known.instance.server_uuid = uuid;
  known.instance.server_id = 7;
  known.replaced = topo::ReplacedMaster{.successor = key("b"),
                                        .at = "2026-05-04 03:02:01",
                                        .age = 60s,
                                        .server_id = 7,
                                        .server_uuid = uuid,
                                        .successor_cluster_name = "b:3306"};
}

KnownInstance former(const std::function<void(KnownInstance&)>& change = {}) {
  auto known = picture::known(picture::instance("a"));
  known.instance.cluster_name = "a:3306";
  replace_by_b(known);
  if (change) change(known);
  return known;
}

std::string why_not(const std::function<void(KnownInstance&)>& change) {
  const auto known = former(change);
  const auto why = topo::why_not_returned(known);
  CHECK(topo::is_returned(known) == !why);
  return short_text(why.value_or(""));
}

std::string fenced(std::string_view drawn, const char* name,
                   const std::function<void(KnownInstance&)>& change) {
  auto instances = picture::instances(drawn);
  for (auto& known : instances) {
    if (known.instance.key == key("a")) replace_by_b(known);
    if (known.instance.key == key(name)) change(known);
  }
  const Topology topology(std::move(instances));
  std::string steps;
  const auto refused = refusal([&] {
    auto plan = topo::plan_fence_returned(topology, key("a"));
    CHECK(plan.subject == key("a"));
    CHECK(plan.locks.size() == plan.replica_steps.size());
    for (const auto& lock : plan.locks) CHECK(lock.server == key("a"));
    steps = shown(plan);
    return plan;
  });
  return refused.empty() ? steps : refused;
}

}  // namespace

TEST_CASE("an instance that was replaced and answers again is a returned master", "[topology][returned]") {
  CHECK(why_not({}) == "");
  CHECK(why_not([](auto& k) { k.replaced.reset(); }) ==
        "No other instance has taken the place of a as a master");
  CHECK(why_not([](auto& k) { k.last_check_valid = false; }) == "a has not been read since b took its place");
  CHECK(why_not([](auto& k) { k.since_last_seen.reset(); }) == "a has not been read since b took its place");
  // In the second in which it was replaced, the read may have come before.
  CHECK(why_not([](auto& k) { k.since_last_seen = 60s; }) == "a has not been read since b took its place");
  CHECK(why_not([](auto& k) { k.since_last_seen = 59s; }) == "");
  CHECK(why_not([](auto& k) {
          k.instance.channels = picture::instance("a", "b").channels;
          k.instance.read_only = true;
        }) == "a is a replica, of b");  // in another cluster than its successor
  // A co-master that replicates from its successor, and takes writes.
  CHECK(why_not([](auto& k) {
          k.instance.channels = picture::instance("a", "b").channels;
          k.instance.cluster_name = "b:3306";
        }) == "");
  CHECK(why_not([](auto& k) { k.instance.replication_unread = true; }) ==
        "a does not tell whether it is a replica: its account lacks a privilege");
  // Its successor was forgotten: it is still not known to be the master.
  CHECK(why_not([](auto& k) { k.replaced->successor_cluster_name = ""; }) == "");
  CHECK(why_not([](auto& k) {
          k.replaced->successor_cluster_name = "a:3306";
          k.replaced->successor_master = key("a");
        }) == "b, which took the place of a, replicates from it");
  CHECK(why_not([](auto& k) {
          k.replaced->successor_cluster_name = "a:3306";
          k.replaced->successor_master = key("n");
        }) == "b, which took the place of a, is in its cluster, below n");
  // Both replicate from another one by now.
  CHECK(why_not([](auto& k) {
          k.instance.channels = picture::instance("a", "n").channels;
          k.instance.cluster_name = k.replaced->successor_cluster_name = "n:3306";
          k.replaced->successor_master = key("n");
        }) == "");
}

TEST_CASE("another server under the name of a former master is no returned master", "[topology][returned]") {
  CHECK(why_not([](auto& k) { k.instance.server_id = 8; }) == "");  // the UUIDs decide
  CHECK(why_not([](auto& k) { k.instance.server_uuid = "4e11fa47-71ca-11e1-9e33-c80aa9429562"; }) ==
        "a is not the server that was replaced: its server_uuid is 4e11fa47-71ca-11e1-9e33-c80aa9429562, and "
        "was 3e11fa47-71ca-11e1-9e33-c80aa9429562");
  const auto by_id = [](std::uint32_t recorded) {
    return why_not([recorded](auto& k) {
      k.instance.version = "10.11.6-MariaDB";
      k.instance.server_uuid = k.replaced->server_uuid = "";
      k.replaced->server_id = recorded;
    });
  };
  CHECK(by_id(7) == "");
  CHECK(by_id(6) == "a is not the server that was replaced: its server_id is 7, and was 6");
  CHECK(by_id(0) == "a was never read before it was replaced: it may be another server now");
}

TEST_CASE("the record of a replacement ends when the instance is a replica", "[topology][returned]") {
  const auto settled = [](const std::function<void(KnownInstance&)>& change) {
    return short_text(topo::why_settled(former(change)).value_or(""));
  };
  const auto replicates = [](KnownInstance& k) {
    k.instance.channels = picture::instance("a", "b").channels;
    k.instance.cluster_name = "b:3306";
    k.instance.read_only = true;
  };
  CHECK(settled({}) == "");
  CHECK(settled([&](auto& k) {
          replicates(k);
          k.instance.read_only = false;
        }) == "");
  // A channel to some other host settles nothing.
  CHECK(settled([&](auto& k) {
          replicates(k);
          k.instance.cluster_name = "elsewhere:3306";
        }) == "");
  CHECK(settled(replicates) == "a is a replica of b now");
  // It was a replica before it was replaced, perhaps of a co-master.
  CHECK(settled([&](auto& k) {
          replicates(k);
          k.since_last_seen = 61s;
        }) == "");
  CHECK(settled([&](auto& k) {
          replicates(k);
          k.instance.replication_unread = true;
        }) == "");
  CHECK(settled([&](auto& k) {
          replicates(k);
          k.replaced.reset();
        }) == "");
}

TEST_CASE("a former master that replicates is shown until nothing is found that only it has",
          "[topology][returned]") {
  auto replica = former([](auto& k) {
    k.instance.channels = picture::instance("a", "b").channels;
    k.instance.cluster_name = "b:3306";
    k.instance.read_only = k.instance.super_read_only = true;
    k.instance.gtid_mode = "ON";
    k.instance.executed_gtid_set = fmt::format("{}:1-9", uuid);
  });
  auto successor = picture::known(picture::instance("b"));
  successor.instance.version = "8.0.36";
  successor.instance.gtid_mode = "ON";
  successor.instance.executed_gtid_set = fmt::format("{}:1-9,4e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", uuid);
  const auto doubt = [&](const KnownInstance* other) {
    return short_text(topo::why_in_doubt(replica.instance, other).value_or(""));
  };
  CHECK(topo::is_returned(replica));
  const topo::StatusLimits limits;
  CHECK(topo::problem_of(replica, limits) == topo::Problem::returned);
  CHECK_THAT(
      topo::problems_of(replica, limits).front(),
      Catch::StartsWith("It is a former master that answers again, and is a replica of b:3306, which may"));
  CHECK(topo::remedy_of(replica, limits).starts_with("Find out what it has that its master lacks"));
  CHECK(doubt(&successor) == "");
  CHECK(doubt(nullptr) == "a cannot be compared with its successor, which could not be read");
  replica.instance.executed_gtid_set = fmt::format("{}:1-10", uuid);
  CHECK_THAT(doubt(&successor),
             Catch::StartsWith("a has 1 transaction") && Catch::EndsWith("that b does not have"));
  successor.instance.gtid_mode = "OFF";
  CHECK_THAT(doubt(&successor), Catch::StartsWith("a cannot be compared with b: b has no GTIDs"));
  successor.last_check_valid = false;
  CHECK(doubt(&successor) == "a cannot be compared with its successor, which could not be read");
}

TEST_CASE("super_read_only counts where the server has it", "[topology][returned]") {
  const auto takes = [](const char* version, bool read_only, bool super_read_only) {
    Instance instance;
    instance.version = version;
    instance.read_only = read_only;
    instance.super_read_only = super_read_only;
    return topo::takes_writes(instance);
  };
  CHECK(takes("8.0.36", false, false));
  CHECK(takes("8.0.36", true, false));
  CHECK_FALSE(takes("8.0.36", true, true));
  CHECK(takes("5.7.8", true, false));
  CHECK_FALSE(takes("5.7.7", true, false));
  CHECK(takes("5.6.50", false, false));
  CHECK_FALSE(takes("10.11.6-MariaDB", true, false));
}

TEST_CASE("a returned master is made read-only if the master in its place is read and writable",
          "[topology][returned]") {
  const auto nothing = [](KnownInstance&) {};
  constexpr auto read_only = "a: set read_only on, and super_read_only where there is one; stop its events";
  CHECK(fenced("a, b > c", "a", nothing) == read_only);
  CHECK(fenced("a > l, b > c", "a", nothing) == read_only);  // with a lost replica
  CHECK(fenced("a, n > b > c", "a", nothing) == read_only);  // the successor has been replaced, too
  CHECK(fenced("a, b > c", "a", [](auto& k) { k.instance.read_only = k.instance.super_read_only = true; }) ==
        "");
  CHECK(fenced("a, b > c", "a", [](auto& k) { k.instance.read_only = true; }) == read_only);
  CHECK(fenced("a, b > c", "c", silence) == read_only);

  CHECK(fenced("a, b > c", "a", silence) == "a could not be read: no route");
  CHECK(fenced("a, b > c", "b", silence) ==
        "b, the master in the place of a, cannot be read, so that a may be the only one: no route");
  CHECK(fenced("a, n > b > c", "n", silence) ==
        "n, the master in the place of a, cannot be read, so that a may be the only one: no route");
  CHECK(fenced("a, b > c", "b", [](auto& k) { k.instance.read_only = true; }) ==
        "b, the master in the place of a, is read-only, so that a may be the only one that takes writes; "
        "set-writeable or set-read-only tells which one is the master");
  CHECK(fenced("a > b > c", "a", nothing) == "b does not replace a any more");
  CHECK(
      fenced("a, c", "a", nothing) ==
      "b, which took the place of a, is not known any more, so that a may be the only one that takes writes; "
      "rejoin makes it a replica of the present master, and set-writeable tells that it is the master");
  CHECK(fenced("a, (x) > b", "a", nothing) == "x, the master of b, is not known: `discover` it");
  CHECK(fenced("a, b > c", "a", [](auto& k) { k.replaced.reset(); }) ==
        "No other instance has taken the place of a as a master");
  CHECK(fenced("a, b > c", "a", [](auto& k) { k.locked = "ann, since now: repair"; }) != read_only);
}

TEST_CASE("a returned master is shown apart", "[topology][returned]") {
  const topo::StatusLimits limits;
  auto known = former();
  CHECK(topo::problem_of(known, limits) == topo::Problem::returned);
  CHECK(
      topo::problems_of(known, limits) ==
      std::vector<std::string>{"It is a former master that answers again, and takes writes; b:3306 took its "
                               "place as the master at 2026-05-04 03:02:01 UTC"});
  CHECK(topo::describe(known, limits) == "[OK,8.0.36,ROW,>>,returned]");
  known.instance.read_only = known.instance.super_read_only = true;
  CHECK(topo::problems_of(known, limits)
            .front()
            .starts_with("It is a former master that answers again, and is read-only; b:3306 took"));
  CHECK(topo::remedy_of(known, limits).starts_with("Make it a replica of the master that took its place"));
  known.replaced->successor_cluster_name.clear();
  CHECK(topo::problem_of(known, limits) == topo::Problem::returned);
  CHECK(topo::problems_of(known, limits).front().ends_with("03:02:01 UTC, and is not known any more"));
  CHECK(topo::remedy_of(known, limits).starts_with("Find the present master (discover)"));
  known.last_check_valid = false;
  CHECK(topo::problem_of(known, limits) == topo::Problem::last_check_invalid);
  CHECK(topo::problems_of(known, limits).size() == 1);
  CHECK(topo::describe(known, limits) == "[last check invalid,8.0.36,ROW,>>]");
}

TEST_CASE("another server that takes writes where a former master was is shown", "[topology][returned]") {
  const topo::StatusLimits limits;
  const auto other = [](auto& k) { k.instance.server_uuid = "4e11fa47-71ca-11e1-9e33-c80aa9429562"; };
  auto known = former(other);
  CHECK(topo::problem_of(known, limits) == topo::Problem::another_server);
  CHECK(topo::problems_of(known, limits) ==
        std::vector<std::string>{
            "It takes writes where a former master was, but is another server (server_uuid "
            "4e11fa47-71ca-11e1-9e33-c80aa9429562); b:3306 took its place as the master at "
            "2026-05-04 03:02:01 UTC"});
  CHECK_FALSE(topo::remedy_of(known, limits).empty());
  const auto is_shown = [&](const std::function<void(KnownInstance&)>& change) {
    auto changed = former(other);
    change(changed);
    return !topo::describe_other_server(changed).empty();
  };
  CHECK_FALSE(is_shown([](auto& k) { k.instance.read_only = true; }));
  CHECK_FALSE(is_shown([](auto& k) { k.instance.server_uuid = uuid; }));
  CHECK_FALSE(is_shown([](auto& k) { k.replaced.reset(); }));
  CHECK_FALSE(is_shown([](auto& k) { k.last_check_valid = false; }));
  CHECK_FALSE(is_shown([](auto& k) { k.replaced->server_id = 0; }));
  CHECK_FALSE(is_shown([](auto& k) { k.instance.channels = picture::instance("a", "b").channels; }));
  CHECK(is_shown([](auto& k) {
    k.instance.server_uuid.clear();
    k.instance.server_id = 8;
  }));
}

}  // namespace former_master_test
