#include "unit/topology/planning_test.h"

namespace planning_test {

TEST_CASE("repoint: the same coordinates of the same server", "[topology][planning]") {
  const auto topology = picture::topology("a > b > c, a > d");
  CHECK(shown(topo::plan_repoint(topology, key("c"), std::nullopt, planning_limits)) ==
        "c: stop replication\n"
        "c: replicate from b, beginning at what c has executed\n"
        "c: start replication, with the threads it had running");
  const auto repoint = [](const Topology& all, const char* one, const char* other) {
    return refusal([&] { return topo::plan_repoint(all, key(one), key(other), planning_limits); });
  };
  CHECK_THAT(repoint(topology, "d", "b"),
             Catch::Contains("which are invalid in that of b, unless both are one server"));
  CHECK_THAT(repoint(topology, "b", "c"), Catch::Contains("moving it there would create a loop"));
  CHECK(repoint(changed("a > b, a > d", "b", [](auto& k) { k.instance.is_binlog_server = true; }), "d", "b")
            .empty());
  CHECK(repoint(changed("a > b, a > d", "d",
                        [](auto& k) { k.instance.channels.front().using_mariadb_gtid = true; }),
                "d", "b")
            .empty());
  CHECK_THAT(
      repoint(changed("a > d, x", "d", [](auto& k) { k.master_in_doubt = "it is another"; }), "d", "a"),
      Catch::Contains("it is another"));
  // Reported identity proves nothing: a clone reports the same.
  const auto renamed = changed("a > d, x", "x", [](auto& k) {
    k.instance.server_id = picture::instance("a").server_id;
    k.instance.reported_hostname = "a";
  });
  CHECK_THAT(repoint(renamed, "d", "x"), Catch::Contains("which could not be proven"));
  CHECK(refusal([&] {
          return topo::plan_repoint(renamed, key("d"), key("x"), planning_limits, true);
        }).empty());
  const auto fresh = changed("a > d", "d", [](auto& k) {
    auto& channel = k.instance.channels.front();
    channel.read = channel.exec = {};
    channel.io_thread = topo::ThreadState::other;
  });
  CHECK_THAT(refusal([&] { return topo::plan_repoint(fresh, key("d"), std::nullopt, planning_limits); }),
             Catch::Contains("d has no coordinates yet, as it has never connected to its master, a"));
  CHECK(topo::plan_repoint_replicas(topology, key("a"), {}, planning_limits).replica_steps.size() == 2);
}

// The master's instance was forgotten and rediscovered under another name; or it is another server.
TEST_CASE("repoint: the former master is compared with the new one", "[topology][planning]") {
  struct Case {
    const char* what;
    std::optional<bool> is_same;  // nullopt: no server answers under the old name
    std::uint32_t reported_id;
    const char* reported_uuid;
    const char* refusal;  // "": none
  };
  const Case cases[] = {
      {"a server_id in common", std::nullopt, 7, "", "old does not answer, and d does not report"},
      {"by its UUID", std::nullopt, 7, "new-uuid", ""},
      {"another server_id", std::nullopt, 8, "", "old does not answer, and d does not report"},
      {"another UUID", std::nullopt, 7, "old-uuid", "old does not answer, and d does not report"},
      {"nothing is told", std::nullopt, 0, "", "old does not answer, and d does not report"},
      {"the old one answers, and is another", false, 7, "new-uuid",
       "old answers, and was not proven to be new"},
      {"the old one answers, and is the same", true, 0, "", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    auto instances = picture::instances("(old) > d, new");
    for (auto& known : instances) {
      auto& instance = known.instance;
      if (instance.key == key("d")) {
        instance.channels.front().master_server_id = c.reported_id;
        instance.channels.front().master_uuid = c.reported_uuid;
      } else {
        instance.server_id = 7;
        instance.server_uuid = "new-uuid";
      }
    }
    const Topology topology(std::move(instances));
    const auto said = refusal(
        [&] { return topo::plan_repoint(topology, key("d"), key("new"), planning_limits, c.is_same); });
    if (std::string_view(c.refusal).empty())
      CHECK(said.empty());
    else
      CHECK_THAT(said, Catch::Contains(c.refusal));
  }
}

}  // namespace planning_test
