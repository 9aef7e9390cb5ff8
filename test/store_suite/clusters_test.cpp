#include <catch2/catch.hpp>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;

TEST_CASE("clusters are derived from the cluster names of instances", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  CHECK(store->clusters().names().empty());
  CHECK(store->clusters().infos().empty());
  write(*store, {first_seen(instance("a", "", "z:1")), first_seen(instance("b", "", "a:1")),
                 first_seen(instance("c", "", "z:1"))});
  CHECK(store->clusters().names() == std::vector<std::string>{"a:1", "z:1"});
  CHECK(store->clusters().infos() == std::vector<ClusterInfo>{{"a:1", "", 1}, {"z:1", "", 2}});
}

TEST_CASE("a cluster lags as much as the instance that lags most", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto b = instance("b", "a", "a:3306");
  auto c = instance("c", "a", "a:3306");
  b.slave_lag = std::chrono::seconds(9);
  c.slave_lag = std::chrono::seconds(70);
  write(*store, {first_seen(instance("a")), first_seen(b), first_seen(c), first_seen(instance("z"))});
  CHECK(store->clusters().infos() ==
        std::vector<ClusterInfo>{{"a:3306", "", 3, std::chrono::seconds(70)}, {"z:3306", "", 1}});
}

TEST_CASE("an alias belongs to one cluster", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& clusters = store->clusters();
  write(*store, {first_seen(instance("a", "", "one")), first_seen(instance("b", "", "two"))});
  clusters.set_alias("one", "müller's 😀?");
  CHECK(clusters.cluster_of_alias("müller's 😀?") == "one");
  CHECK_FALSE(clusters.cluster_of_alias("MÜLLER'S 😀?"));
  CHECK_FALSE(clusters.cluster_of_alias("nobody"));
  CHECK_FALSE(clusters.cluster_of_alias(""));
  CHECK(clusters.infos()[0].cluster_alias == "müller's 😀?");

  clusters.set_alias("two", "müller's 😀?");
  CHECK(clusters.infos() == std::vector<ClusterInfo>{{"one", "", 1}, {"two", "müller's 😀?", 1}});
  clusters.set_alias("two", "other");
  clusters.set_alias("two", "other");
  CHECK(clusters.cluster_of_alias("other") == "two");
  CHECK_FALSE(clusters.cluster_of_alias("müller's 😀?"));

  clusters.set_alias("one", "");
  clusters.set_alias("two", "");
  CHECK(clusters.infos() == std::vector<ClusterInfo>{{"one", "", 1}, {"two", "", 1}});
  CHECK(schema->rows("SELECT alias FROM cluster_alias").empty());

  CHECK_THROWS_AS(clusters.set_alias("one", std::string(129, 'x')), Error);
  CHECK_THROWS_AS(clusters.set_alias("one", "\xff"), Error);
  clusters.set_alias("one", std::string(128, 'x'));
  CHECK(clusters.cluster_of_alias(std::string(128, 'x')) == "one");
}

TEST_CASE("an alias passes on to the cluster of the new master", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& clusters = store->clusters();
  write(*store, {first_seen(instance("a", "", "one")), first_seen(instance("b", "", "two"))});
  clusters.pass_alias("one", "two");
  CHECK(clusters.infos() == std::vector<ClusterInfo>{{"one", "", 1}, {"two", "", 1}});
  clusters.set_alias("one", "shop");
  clusters.pass_alias("one", "two");
  CHECK(clusters.infos() == std::vector<ClusterInfo>{{"one", "", 1}, {"two", "shop", 1}});
  // What a query answered stays withdrawable.
  clusters.set_alias("two", "");
  CHECK(clusters.detect_alias("one", "mail") == "one");
  clusters.pass_alias("one", "two");
  CHECK(clusters.cluster_of_alias("mail") == "two");
  clusters.withdraw_alias("two");
  CHECK_FALSE(clusters.cluster_of_alias("mail"));
  // A name that a user gave stays.
  clusters.set_alias("one", "shop");
  clusters.set_alias("two", "own");
  clusters.pass_alias("one", "two");
  CHECK(clusters.cluster_of_alias("own") == "two");
  CHECK(clusters.cluster_of_alias("shop") == "one");
}

TEST_CASE("a cluster without its own alias takes the alias of the configuration", "[store]") {
  const auto schema = each_backend();
  auto configuration = schema->configuration();
  configuration.cluster_name_to_alias = {{"^one", "first"}, {"t.o", "second"}};
  const auto store = open(configuration);
  auto& clusters = store->clusters();
  write(*store, {first_seen(instance("a", "", "one:1")), first_seen(instance("b", "", "two:1")),
                 first_seen(instance("c", "", "three:1"))});
  CHECK(clusters.infos() ==
        std::vector<ClusterInfo>{{"one:1", "first", 1}, {"three:1", "", 1}, {"two:1", "second", 1}});
  CHECK(clusters.cluster_of_alias("second") == "two:1");
  clusters.set_alias("two:1", "of its own");
  CHECK(clusters.cluster_of_alias("of its own") == "two:1");
  CHECK_FALSE(clusters.cluster_of_alias("second"));

  clusters.use_patterns({{"^three", "third"}});
  CHECK(clusters.infos() ==
        std::vector<ClusterInfo>{{"one:1", "", 1}, {"three:1", "third", 1}, {"two:1", "of its own", 1}});
  clusters.pass_alias("three:1", "one:1");
  CHECK(clusters.cluster_of_alias("third") == "one:1");
}
