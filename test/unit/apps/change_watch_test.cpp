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

  // The events of the next check.
  std::string look() {
    watch.look();
    return listener->next(std::chrono::milliseconds(0)).value_or("closed");
  }
};

}  // namespace

TEST_CASE("The first check publishes nothing, nor does one without changes") {
  Watched watched;
  CHECK(watched.look().empty());
  CHECK(watched.look().empty());
}

TEST_CASE("A changed instance is published with its cluster") {
  Watched watched;
  CHECK(watched.look().empty());
  auto changed = KnownTopology::instance("db2", "db1");
  changed.read_only = true;
  watched.known.write({changed});
  CHECK(watched.look() ==
        "event: instances\ndata: "
        "{\"ClusterName\":\"db1:3306\",\"Keys\":[{\"Hostname\":\"db2\",\"Port\":3306}]}\n\n");
}

TEST_CASE("Permanently changing facts are not published") {
  Watched watched;
  CHECK(watched.look().empty());
  auto moved_on = KnownTopology::instance("db2", "db1");
  moved_on.uptime = std::chrono::seconds(77);
  moved_on.self_coordinates = {"bin.000009", 4711};
  moved_on.channels.front().exec = moved_on.channels.front().read = {"bin.000002", 99};
  watched.known.write({moved_on});
  CHECK(watched.look().empty());
}

TEST_CASE("New and forgotten instances are published, with the instance count of their cluster") {
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

TEST_CASE("An instance that changes clusters is published to both") {
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

TEST_CASE("The begin and the end of maintenance are published") {
  Watched watched;
  CHECK(watched.look().empty());
  auto& maintenance = watched.known.session().store().maintenance();
  const topo::MaintenanceRequest request{{"db2", 3306}, "disks"};
  maintenance.begin({&request, 1}, "ann", std::chrono::minutes(1));
  CHECK(watched.look() == "event: maintenance\ndata: {}\n\n");
  maintenance.end(request.key);
  CHECK(watched.look() == "event: maintenance\ndata: {}\n\n");
}

TEST_CASE("The watch runs only with a listener, and publishes no earlier changes", "[threads]") {
  const KnownTopology known;
  EventHub hub;
  ChangeWatch watch(known.session(), hub);
  watch.start();
  known.write({KnownTopology::instance("db4", "db1")});
  const auto before = known.session().store().statements();
  const auto listener = hub.listen("");
  while (known.session().store().statements() == before) std::this_thread::yield();  // hangs on failure
  CHECK(listener->next(std::chrono::milliseconds(0)) == "");
  // The first check may still be running; its changes are not published either.
  std::string told;
  auto changing = KnownTopology::instance("db5", "db1");
  while (told.find("db5") == std::string::npos) {  // hangs on failure
    changing.read_only = !changing.read_only;
    known.write({changing});
    told += listener->next(std::chrono::seconds(1)).value();
  }
  CHECK(told.find("db4") == std::string::npos);
}
