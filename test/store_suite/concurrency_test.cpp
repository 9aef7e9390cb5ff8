#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;

namespace {

// Writes groups of the same instances, in an order that depends on `number`.
void write_groups(Store& store, unsigned number) {
  constexpr int rounds = 20;
  constexpr int instances = 10;
  for (int round = 0; round < rounds; ++round) {
    std::vector<InstanceWrite> writes;
    for (int i = 0; i < instances; ++i) {
      const auto which = number % 2 == 0 ? i : instances - 1 - i;
      auto one = full_instance();
      one.key = key("host" + std::to_string(which));
      one.version = std::to_string(number) + "." + std::to_string(round);
      writes.emplace_back(first_seen(one));
    }
    store.instances().write(writes);
    store.nodes().report_health("host", std::to_string(number), "test", "");
  }
}

}  // namespace

TEST_CASE("threads write and read concurrently, and each group is complete", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  std::atomic<bool> done = false;
  std::atomic<unsigned> mixed = 0;
  std::thread reader([&] {
    while (!done) {
      const auto all = store->instances().read_all();
      if (!all.empty() && all.front().instance.version != all.back().instance.version) ++mixed;
    }
  });
  std::thread other([&] { write_groups(*store, 1); });
  write_groups(*store, 2);
  other.join();
  done = true;
  reader.join();
  CHECK(mixed == 0);
  CHECK(store->instances().read_all().size() == 10);
}

TEST_CASE("processes write concurrently", "[store]") {
  const auto schema = each_backend();
  open(*schema);
  CHECK(in_processes(3, [&](unsigned number) {
    write_groups(*open(*schema), number);
    return true;
  }));
  const auto store = open(*schema);
  CHECK(store->instances().read_all().size() == 10);
  CHECK(schema->value("SELECT COUNT(*), SUM(incrementing_indicator) FROM node_health") == "3|57");
  CHECK(schema->value("SELECT COUNT(DISTINCT version) FROM database_instance") == "1");
}

TEST_CASE("processes that open a new backend concurrently create its tables once", "[store]") {
  const auto schema = each_backend();
  CHECK(in_processes(4, [&](unsigned) {
    write(*open(*schema), {first_seen(instance("a"))});
    return true;
  }));
  CHECK(schema->value("SELECT COUNT(*) FROM orchestrator_db_deployments") == "1");
}

TEST_CASE("a transaction that fails midway leaves nothing behind", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(instance("before"))});
  // Fails after the instances themselves were written.
  schema->run("ALTER TABLE database_instance_long_running_queries RENAME TO elsewhere");
  const auto message =
      refusal([&] { store->instances().write(std::vector<InstanceWrite>{first_seen(instance("a"))}); });
  CAPTURE(message);
  CHECK(message.find(store->describe()) != std::string::npos);
  CHECK(message.find("database_instance_long_running_queries") != std::string::npos);
  CHECK(hosts(store->instances().read_all()) == "before");
  CHECK_FALSE(refusal([&] { store->instances().forget(key("before")); }).empty());
  CHECK(hosts(store->instances().read_all()) == "before");
  schema->run("ALTER TABLE elsewhere RENAME TO database_instance_long_running_queries");
  write(*store, {first_seen(instance("a"))});
  CHECK(hosts(store->instances().read_all()) == "a before");
}
