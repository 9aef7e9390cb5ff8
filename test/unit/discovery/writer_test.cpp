#include "discovery/writer.h"

#include <fmt/format.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "support/fake_instance_store.h"
#include "support/picture.h"

using picture::key;
using topo::ClusterAssignment;
using topo::FailedInstance;
using topo::InstanceKey;
using topo::InstanceWrite;
using topo::SeenInstance;
using topo::UnseenMaster;
using topo::discovery::Writer;

namespace {

spdlog::logger& log() {
  static spdlog::logger nowhere("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  return nowhere;
}

SeenInstance seen(std::string_view name, const std::string& version = "", bool is_new = false) {
  auto instance = picture::instance(name);
  instance.version = version;
  return {instance, is_new};
}

// "seen a 2 new", "failed a why", "unseen a", "placed a c 3"
struct Describe {
  std::string operator()(const SeenInstance& w) const {
    return fmt::format("seen {} {}{}", w.instance.key.hostname(), w.instance.version, w.is_new ? " new" : "");
  }
  std::string operator()(const FailedInstance& w) const {
    return fmt::format("failed {} {}", w.key.hostname(), w.error);
  }
  std::string operator()(const UnseenMaster& w) const { return fmt::format("unseen {}", w.key.hostname()); }
  std::string operator()(const ClusterAssignment& w) const {
    return fmt::format("placed {} {} {}", w.key.hostname(), w.cluster_name, w.replication_depth);
  }
};

std::vector<std::string> described(const FakeInstanceStore::Group& writes) {
  std::vector<std::string> texts;
  for (const auto& write : writes) texts.push_back(std::visit(Describe{}, write));
  return texts;
}

bool has_entered(FakeInstanceStore& store, int times) {
  return store.entered.wait_until([&](int count) { return count >= times; });
}

// Returns the number of failed attempts.
int flush_until_stored(Writer& writer) {
  for (int failed = 0;; ++failed) {
    try {
      writer.flush();
      return failed;
    } catch (const topo::Error& error) {
      REQUIRE(error.code() == topo::Code::backend);
      REQUIRE(std::string(error.what()) == "the backend is down");
      REQUIRE(failed < 10);
    }
  }
}

// A store with blocked writes, and a writer in its first write.
struct BlockedWriter {
  FakeInstanceStore store;
  Writer writer;

  explicit BlockedWriter(const InstanceWrite& first) : writer(store, log(), [](const auto&) {}) {
    store.blocked = true;
    writer.add(first);
    REQUIRE(has_entered(store, 1));
  }
  void unblock() {
    store.blocked = false;
    store.may_go_on.open();
  }
};

}  // namespace

TEST_CASE("writes added during a write form one group", "[discovery][writer]") {
  BlockedWriter held(seen("first"));
  for (int i = 0; i < 50; ++i) held.writer.add(seen(fmt::format("r{}", i)));
  held.unblock();
  held.writer.flush();
  const auto groups = held.store.groups.get();
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].size() == 1);
  CHECK(groups[1].size() == 50);
  CHECK(held.writer.transactions() == 2);
}

TEST_CASE("writes reach the store in order, asynchronously", "[discovery][writer]") {
  FakeInstanceStore store;
  Writer writer(store, log(), [](const auto&) {});
  writer.add(seen("a", "1", true));
  writer.add(FailedInstance{key("a"), "no route"});
  writer.add(UnseenMaster{key("m")});
  writer.add(ClusterAssignment{key("b"), "m:3306", 2, false});
  const std::vector<std::string> order{"seen a 1 new", "failed a no route", "unseen m", "placed b m:3306 2"};
  CHECK(store.groups.wait_until([&](const auto& groups) {
    std::size_t count = 0;
    for (const auto& group : groups) count += group.size();
    return count == order.size();
  }));
  CHECK(described(store.all_writes()) == order);
}

TEST_CASE("flush waits until all writes are stored", "[discovery][writer]") {
  FakeInstanceStore store;
  Writer writer(store, log(), [](const auto&) {});
  writer.flush();  // nothing to wait for
  for (int i = 1; i <= 20; ++i) {
    writer.add(seen(fmt::format("r{}", i)));
    writer.flush();
    CHECK(store.all_writes().size() == static_cast<std::size_t>(i));
  }
}

TEST_CASE("flush throws the backend's error, and no write is lost", "[discovery][writer]") {
  FakeInstanceStore store;
  Writer writer(store, log(), [](const auto&) {});
  store.failures = 3;
  writer.add(seen("a", "1", true));
  writer.add(seen("b", "1"));
  const int failed = flush_until_stored(writer);
  CHECK(failed >= 1);
  CHECK(failed <= 3);
  CHECK(described(store.all_writes()) == std::vector<std::string>{"seen a 1 new", "seen b 1"});
  CHECK(writer.transactions() == 1);
  writer.flush();
}

TEST_CASE("a failed group is retried automatically", "[discovery][writer]") {
  FakeInstanceStore store;
  Writer writer(store, log(), [](const auto&) {});
  store.failures = 1;
  writer.add(seen("a", "1"));
  CHECK(store.groups.wait_until([](const auto& groups) { return groups.size() == 1; }));
}

TEST_CASE("a backend failure is logged once, and so is the recovery", "[discovery][writer]") {
  std::ostringstream text;
  spdlog::logger reported("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  FakeInstanceStore store;
  {
    Writer writer(store, reported, [](const auto&) {});
    for (int outage = 1; outage <= 2; ++outage) {
      store.failures = 3;
      writer.add(seen("a", std::to_string(outage)));
      flush_until_stored(writer);
      CHECK(store.failures == 0);
    }
  }
  const auto count = [&](std::string_view what) {
    int found = 0;
    for (auto at = text.str().find(what); at != std::string::npos; at = text.str().find(what, at + 1))
      ++found;
    return found;
  };
  CHECK(count("Cannot store discovered instances") == 2);
  CHECK(count("stored again") == 2);
}

TEST_CASE("after a failure, only writes not superseded by later ones are kept", "[discovery][writer]") {
  struct Case {
    const char* what;
    std::vector<InstanceWrite> failed, added;
    std::vector<std::string> stored;
  };
  const Case cases[] = {
      {"facts by later facts", {seen("a", "1"), seen("b", "1")}, {seen("a", "2")}, {"seen b 1", "seen a 2"}},
      {"within the group as well",
       {seen("a", "1"), seen("a", "2"), seen("b", "1")},
       {seen("c", "1")},
       {"seen a 2", "seen b 1", "seen c 1"}},
      {"a failure by later facts", {FailedInstance{key("a"), "x"}}, {seen("a", "2")}, {"seen a 2"}},
      {"a failure by a later one",
       {FailedInstance{key("a"), "x"}},
       {FailedInstance{key("a"), "y"}},
       {"failed a y"}},
      {"but not facts by a failure",
       {seen("a", "1"), FailedInstance{key("a"), "x"}},
       {FailedInstance{key("a"), "y"}},
       {"seen a 1", "failed a y"}},
      {"nor what makes the row",
       {seen("a", "1", true), seen("a", "2")},
       {seen("a", "3")},
       {"seen a 1 new", "seen a 3"}},
      {"a place by later facts or a later place",
       {ClusterAssignment{key("a"), "x:3306", 1, false}, ClusterAssignment{key("b"), "x:3306", 1, false}},
       {seen("a", "2"), ClusterAssignment{key("b"), "y:3306", 1, false}},
       {"seen a 2", "placed b y:3306 1"}},
      {"but not facts by a later place",
       {seen("a", "1")},
       {ClusterAssignment{key("a"), "y:3306", 1, false}},
       {"seen a 1", "placed a y:3306 1"}},
      {"an unseen master stays",
       {UnseenMaster{key("a")}, FailedInstance{key("a"), "x"}},
       {FailedInstance{key("a"), "y"}},
       {"unseen a", "failed a y"}},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    BlockedWriter held(c.failed.front());
    for (std::size_t i = 1; i < c.failed.size(); ++i) held.writer.add(c.failed[i]);
    for (const auto& write : c.added) held.writer.add(write);
    held.store.failures = 1;
    held.unblock();
    flush_until_stored(held.writer);
    CHECK(held.store.groups.get().size() == 1);
    CHECK(described(held.store.all_writes()) == c.stored);
  }
}

TEST_CASE("keys forgotten in the backend are reported", "[discovery][writer]") {
  FakeInstanceStore store;
  store.vanished = {key("a"), key("b")};
  waiting::Watched<std::vector<InstanceKey>> reported;
  Writer writer(store, log(), [&](const std::vector<InstanceKey>& keys) {
    reported.change([&](auto& all) { all.insert(all.end(), keys.begin(), keys.end()); });
  });
  writer.add(seen("a"));
  CHECK(reported.wait_until([&](const auto& all) { return all == store.vanished; }));
}

TEST_CASE("remaining writes are stored at the end", "[discovery][writer]") {
  FakeInstanceStore store;
  {
    Writer writer(store, log(), [](const auto&) {});
    for (int i = 0; i < 10; ++i) writer.add(seen(fmt::format("r{}", i)));
  }
  CHECK(store.all_writes().size() == 10);
}

TEST_CASE("a backend that stays down does not delay the end", "[discovery][writer]") {
  FakeInstanceStore store;
  store.failures = 1000000;
  {
    Writer writer(store, log(), [](const auto&) {});
    writer.add(seen("a"));
    CHECK_THROWS_AS(writer.flush(), topo::Error);
  }
  CHECK(store.groups.get().empty());
  CHECK(store.entered.get() < 10);
}

TEST_CASE("several threads add and flush", "[discovery][writer]") {
  FakeInstanceStore store;
  store.failures = 3;
  {
    Writer writer(store, log(), [](const auto&) {});
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 200; ++i) {
          writer.add(seen(fmt::format("r{}x{}", thread, i)));
          if (i % 50 != 0) continue;
          try {
            writer.flush();
          } catch (const topo::Error&) {  // retried by the next flush
          }
        }
      });
    }
    threads.clear();
    flush_until_stored(writer);
  }
  std::set<std::string> hosts;
  for (const auto& write : store.all_writes())
    hosts.insert(std::get<SeenInstance>(write).instance.key.hostname());
  CHECK(hosts.size() == 800);
}
