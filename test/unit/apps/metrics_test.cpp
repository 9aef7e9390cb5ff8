#include "http/metrics.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "unit/apps/known_topology.h"

using namespace orchestrator;

namespace {

bool has_line(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Metrics cover clusters, their problems, requests and polls") {
  const KnownTopology known;
  auto broken = KnownTopology::instance("db2", "db1");
  broken.channels.front().sql_thread = topo::ThreadState::stopped;
  known.write({broken});
  known.session().store().instances().write(
      std::vector<topo::InstanceWrite>{topo::FailedInstance{{"db1", 3306}, "gone"}});
  known.session().store().clusters().set_alias("db1:3306", "a \"quoted\\\nname\"");
  RequestCounts requests;
  requests.add(200);
  requests.add(204);
  requests.add(404);
  const auto page = render_metrics(known.session(), requests, 3);
  INFO(page);
  CHECK(
      has_line(page, R"(orchestrator_cluster_instances{cluster="db1:3306",alias="a \"quoted\\\nname\""} 3)"));
  CHECK(has_line(page, R"(orchestrator_cluster_problems{cluster="db1:3306",problem="not replicating"} 1)"));
  CHECK(has_line(page, R"(orchestrator_http_requests_total{code="2xx"} 2)"));
  CHECK(has_line(page, R"(orchestrator_http_requests_total{code="4xx"} 1)"));
  CHECK(has_line(page, "orchestrator_event_listeners 3"));
  CHECK(has_line(page, "orchestrator_polls_total 0"));
  CHECK(has_line(page, "orchestrator_poll_duration_seconds_bucket{le=\"+Inf\"} 0"));
  CHECK(
      has_line(page, R"(orchestrator_cluster_failures{cluster="db1:3306",analysis="UnreachableMaster"} 1)"));
  CHECK(has_line(page, R"(orchestrator_recoveries_total{result="failed"} 0)"));
  CHECK(has_line(page, "orchestrator_backend_up 1"));
}

// Prometheus rejects a page with two types for a name, or with samples without a type.
TEST_CASE("Each metric has its type once, before its samples") {
  const KnownTopology known;
  std::istringstream page(render_metrics(known.session(), RequestCounts(), 0));
  std::set<std::string> families;
  std::string current;
  for (std::string line; std::getline(page, line);) {
    std::istringstream words(line);
    std::string first, second, name;
    words >> first >> second >> name;
    if (first == "#" && second == "TYPE") {
      CHECK(families.insert(name).second);
      current = name;
    } else if (first != "#") {
      CHECK(first.starts_with(current));
    }
  }
  CHECK(families.size() > 15);
}

TEST_CASE("Without a backend, metrics report that and the rest") {
  Session session({}, KnownTopology::silent_log(), Session::Opening::explicitly);
  const auto page = render_metrics(session, RequestCounts(), 0);
  CHECK(has_line(page, "orchestrator_backend_up 0"));
  CHECK(page.find("process_resident_memory_bytes ") != std::string::npos);
}

TEST_CASE("A duration is counted in its bucket") {
  topo::DurationHistogram histogram;
  histogram.add(std::chrono::nanoseconds(1));
  histogram.add(topo::DurationHistogram::bounds[0]);
  histogram.add(topo::DurationHistogram::bounds[0] + std::chrono::nanoseconds(1));
  histogram.add(std::chrono::hours(1));
  CHECK(histogram.counts.front() == 2);
  CHECK(histogram.counts[1] == 1);
  CHECK(histogram.counts.back() == 1);
  CHECK(histogram.count() == 4);
}
