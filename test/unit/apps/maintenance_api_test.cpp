#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <vector>

#include "base/process.h"
#include "http/api.h"
#include "unit/apps/known_topology.h"

using namespace orchestrator;

TEST_CASE("A lock of a running operation is ended neither by instance nor by id") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  auto& maintenance = known.session().store().maintenance();
  const auto lock = [&](const std::string& process) {
    const std::vector<topo::MaintenanceRequest> request{{{"db1", 3306}, "move up", process}};
    return maintenance.begin(request, "ann", std::chrono::seconds(60)).front();
  };
  const auto no_header = [](std::string_view) { return Header{}; };
  const auto no_headers = [] { return std::vector<std::pair<std::string, std::string>>{}; };
  const auto status = [&](const std::string& target) {
    return api.handle({"GET", target, no_header, {"127.0.0.1"}, no_headers}).status;
  };

  const auto held = lock(topo::this_process());
  CHECK(status("/api/end-maintenance/db1/3306") == 423);
  CHECK(status(fmt::format("/api/end-maintenance/{}", held)) == 423);
  CHECK(maintenance.are_active(std::vector{held}));
  CHECK(maintenance.end(held));

  const auto persons = lock("");
  CHECK(status(fmt::format("/api/end-maintenance/{}", persons)) == 200);
  CHECK_FALSE(maintenance.are_active(std::vector{persons}));
}
