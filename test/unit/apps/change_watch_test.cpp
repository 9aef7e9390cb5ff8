#include "http/change_watch.h"

#include <catch2/catch.hpp>

#include "unit/apps/known_topology.h"

using namespace orchestrator;

namespace {

struct Watched {
  KnownTopology known;
  EventHub hub;
  std::unique_ptr<EventHub::Listener> listener = hub.listen("");
  ChangeWatch watch{known.session(), hub};

  // What the next look tells.
  std::string look() {
    watch.look();
    return listener->next(std::chrono::milliseconds(0)).value_or("closed");
  }
};

}  // namespace

TEST_CASE("The first look tells nothing, nor one after which nothing has changed") {
  Watched watched;
  CHECK(watched.look().empty());
  CHECK(watched.look().empty());
}

TEST_CASE("What changed of an instance is told with its cluster") {
  Watched watched;
  CHECK(watched.look().empty());
  auto changed = KnownTopology::instance("db2", "db1");
  changed.read_only = true;
  watched.known.write({changed});
  CHECK(watched.look() ==
        "event: instances\ndata: "
        "{\"ClusterName\":\"db1:3306\",\"Keys\":[{\"Hostname\":\"db2\",\"Port\":3306}]}\n\n");
}

TEST_CASE("What changes all the time is not told") {
  Watched watched;
  CHECK(watched.look().empty());
  auto moved_on = KnownTopology::instance("db2", "db1");
  moved_on.uptime = std::chrono::seconds(77);
  moved_on.self_coordinates = {"bin.000009", 4711};
  moved_on.channels.front().exec = moved_on.channels.front().read = {"bin.000002", 99};
  watched.known.write({moved_on});
  CHECK(watched.look().empty());
}

TEST_CASE("Instances that come and go are told, and so is the number of their cluster") {
  Watched watched;
  CHECK(watched.look().empty());
  watched.known.write({KnownTopology::instance("db4", "db1")});
  auto told = watched.look();
  CHECK(told.find("{\"Hostname\":\"db4\",\"Port\":3306}") != std::string::npos);
  CHECK(told.find("event: clusters\n") != std::string::npos);
  watched.known.session().store().instances().forget({"db4", 3306});
  told = watched.look();
  CHECK(told.find("{\"Hostname\":\"db4\",\"Port\":3306}") != std::string::npos);
  CHECK(told.find("event: clusters\n") != std::string::npos);
}

TEST_CASE("An instance that goes to another cluster is told to both") {
  Watched watched;
  CHECK(watched.look().empty());
  const auto of_old = watched.hub.listen("db1:3306");
  const auto of_new = watched.hub.listen("db3:3306");
  auto moved = KnownTopology::instance("db3", "");
  moved.cluster_name = "db3:3306";
  watched.known.write({moved});
  CHECK(watched.look().find("db3") != std::string::npos);
  CHECK(of_old->next(std::chrono::milliseconds(0))->find("\"ClusterName\":\"db1:3306\"") !=
        std::string::npos);
  CHECK(of_new->next(std::chrono::milliseconds(0))->find("\"ClusterName\":\"db3:3306\"") !=
        std::string::npos);
}

TEST_CASE("Maintenance that begins and ends is told") {
  Watched watched;
  CHECK(watched.look().empty());
  auto& maintenance = watched.known.session().store().maintenance();
  const topo::MaintenanceRequest request{{"db2", 3306}, "disks"};
  maintenance.begin({&request, 1}, "ann", std::chrono::minutes(1));
  CHECK(watched.look() == "event: maintenance\ndata: {}\n\n");
  maintenance.end(request.key);
  CHECK(watched.look() == "event: maintenance\ndata: {}\n\n");
}

TEST_CASE("It is looked when somebody listens, and what happened before is not told", "[threads]") {
  const KnownTopology known;
  EventHub hub;
  ChangeWatch watch(known.session(), hub);
  watch.start();
  known.write({KnownTopology::instance("db4", "db1")});
  const auto before = known.session().store().statements();
  const auto listener = hub.listen("");
  while (known.session().store().statements() == before) std::this_thread::yield();  // or it hangs
  CHECK(listener->next(std::chrono::milliseconds(0)) == "");
  // The first look may be under way: what it sees is told neither.
  std::string told;
  auto changing = KnownTopology::instance("db5", "db1");
  while (told.find("db5") == std::string::npos) {  // or it hangs
    changing.read_only = !changing.read_only;
    known.write({changing});
    told += listener->next(std::chrono::seconds(1)).value();
  }
  CHECK(told.find("db4") == std::string::npos);
}
