#include <catch2/catch.hpp>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using std::chrono::hours;
using std::chrono::seconds;
using Names = std::vector<std::string>;

TEST_CASE("clusters with injected entries are recorded for all processes in one statement", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& injections = store->pseudo_gtid();
  CHECK(injections.injected_within(seconds(60)).empty());
  CHECK_FALSE(injections.times().last_noted);

  injections.note_injected(Names{"größer:1", "b:1"});
  schema->run("UPDATE cluster_injected_pseudo_gtid SET time_injected = " + schema->ago(hours(2)));
  CHECK(injections.injected_within(seconds(60)).empty());
  CHECK(injections.injected_within(hours(3)) == Names{"b:1", "größer:1"});
  auto times = injections.times();
  REQUIRE(times.last_noted);
  CHECK(times.now - *times.last_noted >= hours(2));
  CHECK(times.now - *times.last_noted < hours(2) + seconds(10));

  Names many;
  for (int i = 0; i < 200; ++i) many.push_back("c" + std::to_string(i) + ":1");
  many.emplace_back("b:1");
  const auto before = store->statements();
  injections.note_injected(many);
  CHECK(store->statements() - before <= (schema->is_mysql() ? 4 : 4 + many.size()));
  CHECK(open(*schema)->pseudo_gtid().injected_within(seconds(60)).size() == 201);
  times = injections.times();
  CHECK(times.now - *times.last_noted < seconds(10));

  const auto nothing = store->statements();
  injections.note_injected({});
  CHECK(store->statements() == nothing);

  injections.purge(hours(1));
  CHECK(schema->value("SELECT COUNT(*) FROM cluster_injected_pseudo_gtid") == "201");
}
