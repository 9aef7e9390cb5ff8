#include "discovery/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "support/picture.h"

using picture::key;
using topo::ClusterAssignment;
using topo::ClusterMembership;
using topo::Instance;
using topo::InstanceKey;
using topo::InstanceLink;
using topo::discovery::Fleet;

namespace {

// A fleet, and the places that the backend would store from the results of update().
struct Stored {
  Fleet fleet;
  std::map<InstanceKey, ClusterMembership> rows;

  std::vector<ClusterAssignment> read(Instance instance) {
    const auto changed = fleet.update(instance);
    rows[instance.key] = {instance.cluster_name, instance.replication_depth, instance.is_co_master};
    apply(changed);
    return changed;
  }
  std::vector<ClusterAssignment> read(std::string_view name, std::string_view master = "") {
    return read(picture::instance(name, master));
  }
  void read_all(std::string_view drawn) {
    for (const auto& known : picture::instances(drawn)) read(known.instance);
  }
  void apply(const std::vector<ClusterAssignment>& changed) {
    for (const auto& c : changed) {
      rows[c.key] = {c.cluster_name, c.replication_depth, c.is_co_master};
    }
  }
  // "a:3306 2", with a * for a co-master.
  [[nodiscard]] std::string membership(std::string_view name) const {
    const auto& row = rows.at(key(name));
    return fmt::format("{} {}{}", row.cluster_name, row.replication_depth, row.is_co_master ? "*" : "");
  }
  // The results of update() match the contents of the fleet.
  [[nodiscard]] bool is_consistent() const {
    return std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
      const auto member = fleet.members().find(row.first);
      return member != fleet.members().end() && member->second.membership == row.second;
    });
  }
};

std::vector<InstanceKey> keys(const std::vector<ClusterAssignment>& changed) {
  std::vector<InstanceKey> all;
  for (const auto& c : changed) all.push_back(c.key);
  std::sort(all.begin(), all.end());
  return all;
}

InstanceLink link(std::string_view name, std::string_view master, const ClusterMembership& membership) {
  InstanceLink made;
  made.key = key(name);
  if (!master.empty()) made.master = key(master);
  made.cluster_name = membership.cluster_name;
  made.replication_depth = membership.replication_depth;
  made.is_co_master = membership.is_co_master;
  made.reported_hostname = made.key.hostname();
  made.reported_port = made.key.port();
  return made;
}

}  // namespace

TEST_CASE("a tree read from the top", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("a > b > c, a > d");
  CHECK(stored.membership("a") == "a:3306 0");
  CHECK(stored.membership("b") == "a:3306 1");
  CHECK(stored.membership("c") == "a:3306 2");
  CHECK(stored.membership("d") == "a:3306 1");
  CHECK(stored.read("b", "a").empty());  // no change, so nothing to write
}

TEST_CASE("places do not depend on the order in which a tree is read", "[discovery][fleet]") {
  const char* drawn = "a > b > c > e > f, a > d, c > g, h > i, (x) > j > k, (x) > l";
  auto instances = picture::instances(drawn);
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::shuffle(instances.begin(), instances.end(), random);
    Stored stored;
    for (const auto& known : instances) stored.read(known.instance);
    REQUIRE(stored.is_consistent());
    for (const auto& known : instances) {
      const auto& instance = known.instance;
      const ClusterMembership membership{instance.cluster_name, instance.replication_depth,
                                         instance.is_co_master};
      INFO(instance.key.display());
      REQUIRE(stored.rows.at(instance.key) == membership);
    }
  }
}

TEST_CASE("a move includes the subtree", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("a > b > c > d, a > e");
  CHECK(keys(stored.read("b", "e")) == std::vector{key("c"), key("d")});
  CHECK(stored.membership("b") == "a:3306 2");
  CHECK(stored.membership("c") == "a:3306 3");
  CHECK(stored.membership("d") == "a:3306 4");
  CHECK(stored.membership("e") == "a:3306 1");
  CHECK(stored.is_consistent());
}

TEST_CASE("a promoted instance becomes its own cluster at once, with its descendants", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("a > b > c > d");
  SECTION("by a reset that leaves no channel") {
    CHECK(stored.read("b").size() == 2);
  }
  SECTION("by a reset in 5.5") {
    auto instance = picture::instance("b", "a");
    instance.channels.front().set_master("_", 3306);
    CHECK(stored.read(instance).size() == 2);
  }
  CHECK(stored.membership("a") == "a:3306 0");
  CHECK(stored.membership("b") == "b:3306 0");
  CHECK(stored.membership("c") == "b:3306 1");
  CHECK(stored.membership("d") == "b:3306 2");
}

TEST_CASE("co-masters keep the earlier cluster name", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("b > a > c");
  stored.read("b", "a");
  CHECK(stored.membership("b") == "b:3306 0*");
  CHECK(stored.membership("a") == "b:3306 1*");
  CHECK(stored.membership("c") == "b:3306 2");
  CHECK(stored.is_consistent());

  SECTION("also when they are read again") {
    CHECK(stored.read("a", "b").empty());
    CHECK(stored.read("b", "a").empty());
    CHECK(stored.membership("b") == "b:3306 0*");
  }
  SECTION("a reset co-master becomes the master of the other") {
    stored.read("a");
    CHECK(stored.membership("a") == "a:3306 0");
    CHECK(stored.membership("b") == "a:3306 1");
    CHECK(stored.membership("c") == "a:3306 1");
  }
  SECTION("the first co-master stops being a replica") {
    stored.read("b");
    CHECK(stored.membership("b") == "b:3306 0");
    CHECK(stored.membership("a") == "b:3306 1");
  }
  SECTION("the first co-master moves below an unknown instance") {
    stored.read("b", "x");
    CHECK(stored.membership("b") == "b:3306 0");
    CHECK(stored.membership("a") == "b:3306 1");
  }
  CHECK(stored.is_consistent());
}

TEST_CASE("a co-master that changes its partner", "[discovery][fleet]") {
  // Its own membership does not change; those of the old and the new partner do.
  Stored stored;
  stored.read_all("a > b, a > c");
  stored.read("a", "b");
  REQUIRE(stored.membership("b") == "a:3306 1*");
  CHECK(keys(stored.read("a", "c")) == std::vector{key("b"), key("c")});
  CHECK(stored.membership("a") == "a:3306 0*");
  CHECK(stored.membership("b") == "a:3306 1");
  CHECK(stored.membership("c") == "a:3306 1*");
  CHECK(stored.is_consistent());
}

TEST_CASE("a ring of three has a head and stable depths", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("a > b > c > d, b > e");
  stored.read("a", "c");
  for (int poll = 0; poll < 3; ++poll) {
    CHECK(stored.membership("a") == "a:3306 0");
    CHECK(stored.membership("b") == "a:3306 1");
    CHECK(stored.membership("c") == "a:3306 2");
    CHECK(stored.membership("d") == "a:3306 3");
    CHECK(stored.membership("e") == "a:3306 2");
    CHECK(stored.is_consistent());
    CHECK(stored.read("a", "c").empty());
    CHECK(stored.read("b", "a").empty());
    CHECK(stored.read("c", "b").empty());
    CHECK(stored.read("d", "c").empty());
  }
  SECTION("broken open") {
    stored.read("c");
    CHECK(stored.membership("c") == "c:3306 0");
    CHECK(stored.membership("a") == "c:3306 1");
    CHECK(stored.membership("b") == "c:3306 2");
    CHECK(stored.membership("d") == "c:3306 1");
    CHECK(stored.is_consistent());
  }
  SECTION("shrunk to co-masters") {
    stored.read("a", "b");
    CHECK(stored.membership("a") == "a:3306 0*");
    CHECK(stored.membership("b") == "a:3306 1*");
    CHECK(stored.membership("c") == "a:3306 2");
    CHECK(stored.is_consistent());
  }
}

TEST_CASE("a ring formed below another master is named after its smallest member", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("x > c > b > a > d");
  stored.read("c", "a");
  CHECK(stored.membership("a") == "a:3306 0");
  CHECK(stored.membership("c") == "a:3306 1");
  CHECK(stored.membership("b") == "a:3306 2");
  CHECK(stored.membership("d") == "a:3306 1");
  CHECK(stored.is_consistent());
}

TEST_CASE("rings of any size become stable, in any read order", "[discovery][fleet]") {
  auto instances = picture::instances("a > b > c > d > e > a, c > f > g, a > h");
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    Stored stored;
    for (int poll = 0; poll < 2; ++poll) {
      std::shuffle(instances.begin(), instances.end(), random);
      for (const auto& known : instances) stored.read(known.instance);
    }
    REQUIRE(stored.is_consistent());
    for (const auto& known : instances) {  // a third poll changes nothing
      const auto before = stored.rows;
      REQUIRE(stored.read(known.instance).empty());
      REQUIRE(stored.rows == before);
    }
    const auto name = stored.rows.at(key("a")).cluster_name;
    for (const auto& [k, row] : stored.rows) REQUIRE(row.cluster_name == name);
  }
}

TEST_CASE("an instance that replicates from itself", "[discovery][fleet]") {
  Stored stored;
  stored.read("a", "a");
  stored.read("b", "a");
  CHECK(stored.membership("a") == "a:3306 0");
  CHECK(stored.membership("b") == "a:3306 1");
}

TEST_CASE("a master that was never seen", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("(x) > b > c, (x) > d");
  CHECK(stored.membership("b") == "b:3306 0");
  CHECK(stored.membership("c") == "b:3306 1");
  CHECK(stored.fleet.has_running_replica(key("x")));

  SECTION("once added, it heads the cluster of its replicas") {
    stored.apply(stored.fleet.add_unseen(key("x")));
    CHECK(stored.membership("b") == "x:3306 1");
    CHECK(stored.membership("c") == "x:3306 2");
    CHECK(stored.membership("d") == "x:3306 1");
    CHECK(stored.fleet.find(key("x"))->stored);
  }
  SECTION("read later") {
    CHECK(keys(stored.read("x")) == std::vector{key("b"), key("c"), key("d")});
    CHECK(stored.membership("c") == "x:3306 2");
  }
  SECTION("replicas that do not run are no evidence for it") {
    for (const char* name : {"b", "d"}) {
      auto stopped = picture::instance(name, "x");
      stopped.channels.front().io_thread = topo::ThreadState::other;
      stored.read(stopped);
    }
    CHECK_FALSE(stored.fleet.has_running_replica(key("x")));
  }
  SECTION("replicas that moved to another master") {
    CHECK(stored.read("b", "y").empty());  // y is unknown, too: b and its descendants keep their places
    stored.read("d", "b");
    CHECK_FALSE(stored.fleet.has_running_replica(key("x")));
    CHECK(stored.fleet.has_running_replica(key("y")));
    CHECK(stored.membership("c") == "b:3306 1");
    CHECK(stored.membership("d") == "b:3306 1");
  }
  SECTION("forgotten replicas") {
    stored.fleet.remove(key("b"));
    stored.fleet.remove(key("d"));
    CHECK_FALSE(stored.fleet.has_running_replica(key("x")));
  }
}

TEST_CASE("forgetting an instance leaves its replicas in membership until they are read",
          "[discovery][fleet]") {
  Stored stored;
  stored.read_all("a > b > c");
  stored.fleet.remove(key("b"));
  CHECK(stored.fleet.find(key("b")) == nullptr);
  CHECK(stored.fleet.find(key("c"))->membership == ClusterMembership{"a:3306", 2, false});
  stored.fleet.remove(key("nobody"));
  CHECK(stored.read("c", "b").empty());
  CHECK(stored.membership("c") == "c:3306 0");
  CHECK(keys(stored.read("b", "a")) == std::vector{key("c")});  // rediscovered
  CHECK(stored.membership("c") == "a:3306 2");
}

TEST_CASE("after a restart the fleet is loaded from the backend", "[discovery][fleet]") {
  Stored stored;
  CHECK_FALSE(stored.fleet.is_loaded());
  stored.read("gone", "a");
  stored.fleet.load({link("c", "b", {"a:3306", 2, false}), link("a", "", {"a:3306", 0, false}),
                     link("b", "a", {"a:3306", 1, false})},
                    {{key("alias"), key("b")}});
  stored.rows.clear();
  CHECK(stored.fleet.is_loaded());
  CHECK(stored.fleet.find(key("gone")) == nullptr);
  CHECK(stored.fleet.canonical(key("alias")) == key("b"));
  CHECK(stored.read("a").empty());
  CHECK(stored.read("b", "a").empty());
  CHECK(stored.membership("b") == "a:3306 1");
  CHECK(keys(stored.read("b")) == std::vector{key("c")});
}

TEST_CASE("aliases of an instance", "[discovery][fleet]") {
  Stored stored;
  stored.read_all("a > b");
  CHECK(stored.fleet.canonical(key("a")) == key("a"));
  stored.fleet.add_alias(key("alias"), key("a"));
  CHECK(stored.fleet.canonical(key("alias")) == key("a"));

  SECTION("are removed with the instance") {
    stored.fleet.remove(key("a"));
    CHECK(stored.fleet.canonical(key("alias")) == key("alias"));
  }
  SECTION("are replaced by those of the backend") {
    stored.fleet.set_aliases({{key("second"), key("b")}});
    CHECK(stored.fleet.canonical(key("alias")) == key("alias"));
    CHECK(stored.fleet.canonical(key("second")) == key("b"));
  }
  SECTION("are ignored while in doubt, until proven") {
    stored.fleet.doubt_alias(key("x"), key("a"));
    CHECK(stored.fleet.canonical(key("x")) == key("x"));
    CHECK(stored.fleet.mentioned(key("x")) == key("x"));
    stored.fleet.set_aliases({{key("x"), key("a")}});
    CHECK(stored.fleet.canonical(key("x")) == key("x"));
    stored.fleet.add_alias(key("x"), key("a"));
    CHECK(stored.fleet.canonical(key("x")) == key("a"));
  }
  SECTION("of unknown instances, or that are instances themselves, are ignored") {
    stored.fleet.set_aliases({{key("x"), key("nobody")}, {key("b"), key("a")}});
    CHECK(stored.fleet.canonical(key("x")) == key("x"));
    CHECK(stored.fleet.canonical(key("b")) == key("b"));
  }
}

TEST_CASE("instances that report the same identity", "[discovery][fleet]") {
  Stored stored;
  auto a = picture::instance("a");
  a.server_uuid = "40fc741a-e719-11f1-b079-02fc00000001";
  auto same = a;
  same.key = key("127.0.0.1");
  CHECK(stored.fleet.look_alikes(same).empty());
  stored.read(a);
  CHECK(stored.fleet.look_alikes(same) == std::vector{key("a")});
  CHECK(stored.fleet.look_alikes(a).empty());  // a itself does not count

  SECTION("not with another port") {
    same.reported_port = 3307;
  }
  SECTION("not with another UUID") {
    same.server_uuid = "other";
  }
  SECTION("not without a reported host name") {
    same.reported_hostname = "";
  }
  SECTION("not if forgotten") {
    stored.fleet.remove(key("a"));
  }
  SECTION("not if it has become an alias") {
    stored.read("z");
    stored.fleet.add_alias(key("a"), key("z"));
    CHECK(stored.fleet.find(key("a")) == nullptr);
    CHECK(stored.fleet.canonical(key("a")) == key("z"));
  }
  SECTION("not with the UUID from before a replacement") {
    a.server_uuid = "new";
    stored.read(a);
  }
  CHECK(stored.fleet.look_alikes(same).empty());
}

TEST_CASE("the marks of an instance are kept up to date", "[discovery][fleet]") {
  using topo::discovery::alias_mark;
  using topo::discovery::id_mark;
  using topo::discovery::uuid_mark;
  Stored stored;
  const auto read = [&](std::string_view name, std::string_view master, std::uint32_t id) {
    auto instance = picture::instance(name, master);
    instance.server_id = id;
    instance.server_uuid = fmt::format("uuid-{}", id);
    instance.suggested_cluster_alias = "shop";
    stored.read(std::move(instance));
  };
  read("a", "", 1);
  read("b", "a", 2);
  read("c", "", 2);
  CHECK(stored.fleet.others_with(uuid_mark("uuid-2"), key("b")) == std::vector{key("c")});
  // c is in another cluster.
  CHECK(stored.fleet.others_with(id_mark(2, "a:3306"), key("b")).empty());
  CHECK(stored.fleet.others_with(alias_mark("shop"), key("a")) == std::vector{key("c")});
  read("c", "b", 2);
  CHECK(stored.fleet.others_with(id_mark(2, "a:3306"), key("b")) == std::vector{key("c")});
  CHECK(stored.fleet.others_with(alias_mark("shop"), key("a")).empty());  // c no longer heads a cluster
  // A move of a includes its whole subtree.
  read("a", "x", 1);
  read("x", "", 9);
  CHECK(stored.fleet.others_with(id_mark(2, "x:3306"), key("b")) == std::vector{key("c")});
  CHECK(stored.fleet.others_with(id_mark(2, "a:3306"), key("b")).empty());
  stored.fleet.note_failure(key("c"));
  CHECK(stored.fleet.others_with(id_mark(2, "x:3306"), key("b")).empty());
}

namespace {

// "a > b, a > c, c > d", as loaded, and the rows after another process has made b the master of c.
std::vector<InstanceLink> links_before() {
  return {link("a", "", {"a:3306", 0, false}), link("b", "a", {"a:3306", 1, false}),
          link("c", "a", {"a:3306", 1, false}), link("d", "c", {"a:3306", 2, false})};
}
std::vector<InstanceLink> links_after() {
  return {link("a", "", {"a:3306", 0, false}), link("b", "", {"b:3306", 0, false}),
          link("c", "b", {"b:3306", 1, false}), link("d", "c", {"b:3306", 2, false})};
}

}  // namespace

TEST_CASE("what another process has stored is adopted once", "[discovery][fleet]") {
  Stored stored;
  stored.fleet.load(links_before(), {});
  const auto after_loading = std::chrono::steady_clock::now();
  CHECK(stored.fleet.adopt(links_before(), after_loading).keys.empty());
  const auto adopted = stored.fleet.adopt(links_after(), after_loading);
  CHECK(adopted.keys == std::vector{key("b"), key("c"), key("d")});
  CHECK(adopted.changed.empty());
  CHECK(stored.fleet.find(key("c"))->master == key("b"));
  CHECK(stored.fleet.count_replicas(key("a")) == 0);
  CHECK(stored.fleet.count_replicas(key("b")) == 1);
  CHECK(stored.read("d", "c").empty());
  CHECK(stored.membership("d") == "b:3306 2");
  // A row that stays different, such as one with a name that the backend shortens, is adopted no more.
  const auto later = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  CHECK(stored.read("c", "a").size() == 1);
  CHECK(stored.fleet.adopt(links_after(), later).keys.empty());
}

TEST_CASE("a row is not adopted if the member was read later", "[discovery][fleet]") {
  Stored stored;
  stored.fleet.load(links_before(), {});
  const auto flushed_at = std::chrono::steady_clock::now();
  stored.read("b");
  CHECK(stored.fleet.adopt(links_before(), flushed_at).keys.empty());
  auto rows = links_after();
  rows[1] = link("b", "a", {"a:3306", 1, false});
  CHECK(stored.fleet.adopt({rows[1]}, flushed_at).keys.empty());
  CHECK_FALSE(stored.fleet.find(key("b"))->master);
}

TEST_CASE("what follows from an adopted row is stored, too", "[discovery][fleet]") {
  Stored stored;
  stored.fleet.load(links_before(), {});
  // d was read here after the other process had stored it, and placed by what was known of c.
  auto rows = links_after();
  rows[3] = links_before()[3];
  const auto adopted = stored.fleet.adopt(rows, std::chrono::steady_clock::now());
  CHECK(adopted.keys == std::vector{key("b"), key("c")});
  REQUIRE(keys(adopted.changed) == std::vector{key("d")});
  CHECK(adopted.changed[0].cluster_name == "b:3306");
  CHECK(adopted.changed[0].replication_depth == 2);
}

TEST_CASE("an adopted ring keeps its depths", "[discovery][fleet]") {
  Stored stored;
  stored.fleet.load(links_before(), {});
  const std::vector rows{link("a", "c", {"a:3306", 0, false}), link("b", "a", {"a:3306", 1, false}),
                         link("c", "b", {"a:3306", 2, false}), link("d", "c", {"a:3306", 2, false})};
  const auto adopted = stored.fleet.adopt(rows, std::chrono::steady_clock::now());
  CHECK(adopted.keys == std::vector{key("a"), key("c")});
  REQUIRE(keys(adopted.changed) == std::vector{key("d")});
  CHECK(stored.fleet.find(key("a"))->membership.replication_depth == 0);
  CHECK(stored.fleet.find(key("c"))->membership.replication_depth == 2);
  CHECK(stored.fleet.find(key("d"))->membership.replication_depth == 3);
}

TEST_CASE("a thousand replicas of one master are adopted with the load of one pass", "[discovery][fleet]") {
  constexpr int count = 1000;
  std::vector<InstanceLink> before{link("a", "", {"a:3306", 0, false}), link("b", "a", {"a:3306", 1, false})};
  auto after = before;
  after[1] = link("b", "", {"b:3306", 0, false});
  for (int i = 0; i < count; ++i) {
    const auto name = fmt::format("r{}", i);
    before.push_back(link(name, "a", {"a:3306", 1, false}));
    after.push_back(link(name, "b", {"b:3306", 1, false}));
  }
  Stored stored;
  stored.fleet.load(before, {});
  CHECK(stored.fleet.adopt(after, std::chrono::steady_clock::now()).keys.size() == count + 1);
  CHECK(stored.fleet.count_replicas(key("a")) == 0);
  CHECK(stored.fleet.count_replicas(key("b")) == count);
}

TEST_CASE("the new master of a replica must be read, unless it just was", "[discovery][fleet]") {
  constexpr std::chrono::seconds age{5};
  Stored stored;
  stored.fleet.load(links_before(), {});
  const auto to_read = [&](std::string_view name, std::string_view master) {
    return stored.fleet.new_master_to_read(picture::instance(name, master), age);
  };
  CHECK(to_read("c", "b") == key("b"));
  CHECK_FALSE(to_read("c", "a"));
  CHECK_FALSE(to_read("c", ""));
  CHECK_FALSE(to_read("c", "unknown"));  // it is polled as a neighbour
  CHECK_FALSE(to_read("new", "b"));
  stored.read("b");
  CHECK_FALSE(to_read("c", "b"));
}
