#include "topo/topology/analysis.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <set>
#include <string>

#include "support/picture.h"

using topo::Analysis;
using topo::ThreadState;

namespace {

using Instances = std::vector<topo::KnownInstance>;

topo::KnownInstance& of(Instances& instances, std::string_view name) {
  const auto found = std::ranges::find_if(
      instances, [&](const auto& known) { return known.instance.key == picture::key(name); });
  REQUIRE(found != instances.end());
  return *found;
}

// "!a": a could not be read; "-b": b does not replicate; "=a": another instance, "s", took the place of a.
std::vector<Analysis> analyse(std::string_view tree, const std::vector<std::string>& changes,
                              const std::function<bool(const topo::InstanceKey&)>& is_ignored = {}) {
  auto instances = picture::instances(tree);
  for (const auto& change : changes) {
    auto& known = of(instances, change.substr(1));
    if (change[0] == '!')
      known.last_check_valid = false;
    else if (change[0] == '=')
      known.replaced.emplace().successor = picture::key("s");
    else
      known.instance.channels.front().io_thread = ThreadState::other;
  }
  return topo::analyse(topo::Topology(std::move(instances)), is_ignored);
}

// "a DeadMaster, b …" in result order.
std::string failures(std::string_view tree, const std::vector<std::string>& changes) {
  std::string text;
  for (const auto& one : analyse(tree, changes)) {
    text += text.empty() ? "" : ", ";
    text += one.key.hostname() + " " + std::string(topo::to_string(one.failure));
  }
  return text;
}

}  // namespace

TEST_CASE("the failure of a master is deduced from the master and its replicas", "[topology][analysis]") {
  constexpr auto tree = "a > b, a > c";
  CHECK(failures(tree, {}).empty());
  CHECK(failures("a", {}).empty());
  CHECK(failures("a", {"!a"}) == "a DeadMasterWithoutSlaves");
  CHECK(failures("a", {"!a", "=a"}).empty());
  CHECK(failures(tree, {"!a", "=a", "-b", "-c"}) == "a DeadMaster");
  // Left below it, as they hold what its successor lacks.
  CHECK(failures("a > b, a > c, s > t", {"!a", "=a", "-b", "-c"}).empty());
  CHECK(failures("a > b, s > t", {"!a", "=a", "-b", "!s", "-t"}) == "s DeadMaster");
  CHECK(failures("a > b, t > s", {"!a", "=a", "-b"}) == "a DeadMaster");
  CHECK(failures(tree, {"!a", "-b", "-c"}) == "a DeadMaster");
  CHECK(failures(tree, {"!a", "!b", "!c"}) == "a DeadMasterAndSlaves");
  CHECK(failures(tree, {"!a", "!b", "-c"}) == "a DeadMasterAndSomeSlaves");
  CHECK(failures(tree, {"!a"}) == "a UnreachableMaster");
  CHECK(failures(tree, {"!a", "-b"}) == "a UnreachableMaster");
  CHECK(failures(tree, {"!a", "!b"}) == "a UnreachableMaster");
  CHECK(failures(tree, {"-b", "-c"}) == "a AllMasterSlavesNotReplicating");
  CHECK(failures(tree, {"!b", "-c"}) == "a AllMasterSlavesNotReplicating");
  CHECK(failures(tree, {"!b", "!c"}) == "a AllMasterSlavesNotReplicating");
  CHECK(failures(tree, {"-b"}).empty());
  // An unreachable replica does not count as replicating, whatever its last state.
  CHECK(failures("a > b", {"!a", "!b"}) == "a DeadMasterAndSlaves");
}

TEST_CASE("the failure of an intermediate master is deduced likewise", "[topology][analysis]") {
  constexpr auto tree = "a > m > b, m > c, a > z";
  CHECK(failures(tree, {"!m", "-b", "-c"}) == "m DeadIntermediateMaster");
  CHECK(failures(tree, {"!m", "!b", "-c"}) == "m DeadIntermediateMasterAndSomeSlaves");
  CHECK(failures(tree, {"!m"}) == "m UnreachableIntermediateMaster");
  CHECK(failures(tree, {"-b", "-c"}) == "m AllIntermediateMasterSlavesNotReplicating");
  CHECK(failures(tree, {"-b"}).empty());
  CHECK(failures(tree, {"!b"}).empty());
  CHECK(failures(tree, {"!m", "!b", "!c"}).empty());
  // The dead instance is also a replica: its master has no other replicating replica.
  CHECK(failures("a > m > b", {"!m", "-b"}) == "a AllMasterSlavesNotReplicating, m DeadIntermediateMaster");
  // A leaf has no replicas.
  CHECK(failures("a > b, a > c", {"!b"}).empty());
}

TEST_CASE("each co-master is a master with a master", "[topology][analysis]") {
  constexpr auto ring = "a > b > a, b > c, a > z";
  CHECK(failures(ring, {}).empty());
  CHECK(failures(ring, {"!b", "-a", "-c"}) == "b DeadCoMaster");
  CHECK(failures(ring, {"!b"}) == "b UnreachableCoMaster");
  CHECK(failures(ring, {"-a", "-c"}) == "b AllCoMasterSlavesNotReplicating");
  CHECK(failures(ring, {"!b", "!c", "-a"}) == "b DeadIntermediateMasterAndSomeSlaves");
  CHECK(failures("a > b > a", {"!b", "-a"}) == "a AllCoMasterSlavesNotReplicating, b DeadCoMaster");
}

TEST_CASE("a former replica is a master", "[topology][analysis]") {
  auto instances = picture::instances("a > b");
  // RESET SLAVE leaves the name of the former master.
  auto former = picture::instance("a", "former");
  former.channels.front().read = former.channels.front().exec = {};
  former.channels.front().relay.file = "";
  former.channels.front().io_thread = former.channels.front().sql_thread = ThreadState::stopped;
  of(instances, "a").instance.channels = former.channels;
  of(instances, "a").last_check_valid = false;
  of(instances, "b").instance.channels.front().io_thread = ThreadState::other;
  const auto found = topo::analyse(topo::Topology(std::move(instances)), {});
  REQUIRE(found.size() == 1);
  CHECK(found[0].is_master);
  CHECK(found[0].failure == topo::Failure::dead_master);
}

TEST_CASE("an analysis counts replicas, and masters with more replicas come first", "[topology][analysis]") {
  constexpr auto trees = "x > y, a > m > b, m > c, m > d, a > n > e, a > o";
  const auto found = analyse(trees, {"!x", "-y", "!a", "-m", "-n", "!o", "!m", "-b", "-c", "!d", "!n", "-e"});
  REQUIRE(found.size() == 4);
  const auto keys = [&] {
    std::string text;
    for (const auto& one : found) text += one.key.hostname() + " ";
    return text;
  };
  CHECK(keys() == "a x m n ");
  const auto& m = found[2];
  CHECK(m.cluster_name == "a:3306");
  CHECK_FALSE(m.is_master);
  CHECK_FALSE(m.is_co_master);
  CHECK_FALSE(m.last_check_valid);
  CHECK(m.replicas == 3);
  CHECK(m.valid_replicas == 2);
  CHECK(m.valid_replicating_replicas == 0);
  CHECK(found[0].is_master);
  CHECK(found[0].replicas == 3);
  CHECK(found[0].valid_replicas == 0);

  const auto others = analyse(trees, {"!x", "-y", "!m", "-b", "-c", "-d"},
                              [](const topo::InstanceKey& key) { return key.hostname() == "x"; });
  REQUIRE(others.size() == 1);
  CHECK(others[0].key == picture::key("m"));
}

TEST_CASE("every failure has a unique name and description, safe in a shell", "[topology][analysis]") {
  std::set<std::string> names, sentences;
  constexpr int last = static_cast<int>(topo::Failure::unchecked_intermediate_master);
  for (int i = 0; i <= last; ++i) {
    const auto failure = static_cast<topo::Failure>(i);
    names.emplace(topo::to_string(failure));
    const std::string sentence(topo::describe(failure));
    CHECK(sentence.find_first_not_of("abcdefghijklmnopqrstuvwxyzT, -") == std::string::npos);
    sentences.insert(sentence);
  }
  CHECK(names.size() == last + 1);
  CHECK(sentences.size() == last + 1);
  CHECK(topo::to_string(topo::Failure::all_intermediate_master_replicas_not_replicating) ==
        "AllIntermediateMasterSlavesNotReplicating");
}

TEST_CASE("what moving replicas cannot fix is said, and nothing of what it can", "[topology][analysis]") {
  topo::Analysis analysis;
  analysis.key = picture::key("a");
  for (const auto failure :
       {topo::Failure::dead_master, topo::Failure::dead_co_master, topo::Failure::dead_intermediate_master}) {
    analysis.failure = failure;
    CHECK_FALSE(topo::why_not_recoverable(analysis));
  }
  analysis.failure = topo::Failure::unreachable_master;
  CHECK(
      topo::why_not_recoverable(analysis)->ends_with("(UnreachableMaster); moving replicas cannot fix this"));
}
