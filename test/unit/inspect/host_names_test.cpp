#include "topo/inspect/host_names.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "topo/base/error.h"
#include "topo/config/configuration.h"
#include "topo/store/store.h"
#include "unit/config/refusal.h"

namespace topo {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

class FakeStore : public NameStore {
 public:
  std::map<std::string, ResolvedName, std::less<>> rows;
  int reads = 0, writes = 0;
  bool down = false;

  std::optional<ResolvedName> resolved(std::string_view hostname) override {
    const std::lock_guard lock(mutex_);
    fail_if_down();
    ++reads;
    const auto row = rows.find(hostname);
    return row == rows.end() ? std::nullopt : std::optional(row->second);
  }
  std::vector<ResolvedName> all_resolved() override {
    fail_if_down();
    std::vector<ResolvedName> all;
    for (const auto& [name, row] : rows) all.push_back(row);
    return all;
  }
  void write_resolved(std::string_view hostname, std::string_view resolved) override {
    const std::lock_guard lock(mutex_);
    fail_if_down();
    ++writes;
    put(hostname, resolved, 0s);
  }
  void expire(std::chrono::minutes) override {}
  std::optional<std::string> unresolved(std::string_view) override { return std::nullopt; }
  void clear() override {
    fail_if_down();
    rows.clear();
  }
  void put(std::string_view hostname, std::string_view resolved, std::chrono::seconds age) {
    rows[std::string(hostname)] = {std::string(hostname), std::string(resolved), age};
  }

 private:
  void fail_if_down() const {
    if (down) throw Error(Code::backend, "the backend is down");
  }
  std::mutex mutex_;
};

// A HostNames with store, DNS, clock and log controlled by the test.
struct Fixture {
  explicit Fixture(const std::string& method = "cname", const std::string& reject = "") {
    configuration.hostname_resolve_method = method;
    configuration.reject_hostname_resolve_pattern = reject;
  }
  // Simulates a new process over the same store.
  HostNames& start() {
    names.emplace(
        configuration, store, log,
        [this](const std::string& host, std::optional<SteadyTime>) {
          lookups.push_back(host);
          const auto found = dns.find(host);
          return found == dns.end() ? std::nullopt : std::optional(found->second);
        },
        [this] { return now; });
    return *names;
  }

  Configuration configuration;
  FakeStore store;
  std::ostringstream logged;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged)};
  std::map<std::string, std::string> dns;
  std::vector<std::string> lookups;
  SteadyTime now = SteadyTime{} + 1000h;
  std::optional<HostNames> names;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("cname: a name is looked up once, and the answer cached and shared") {
  Fixture f;
  f.dns["db1"] = "DB1.Example.COM.";
  auto& names = f.start();
  const auto found = names.resolve("db1");
  CHECK(found.name == "db1.example.com");
  CHECK_FALSE(found.problem);
  CHECK(names.resolve(" DB1.").name == "db1.example.com");
  CHECK(names.resolve(InstanceKey{"db1", 3306}).key == InstanceKey{"db1.example.com", 3306});
  CHECK(f.lookups == std::vector<std::string>{"db1"});
  CHECK(f.store.rows.at("db1").resolved == "db1.example.com");

  f.dns.clear();
  CHECK(f.start().resolve("db1").name == "db1.example.com");  // another process reads it from the store
  CHECK(f.lookups.size() == 1);
}

TEST_CASE("cname: an expired answer is looked up again") {
  Fixture f;
  f.configuration.expiry_hostname_resolves = 30min;
  f.dns["vip"] = "db1";
  auto& names = f.start();
  CHECK(names.resolve("vip").name == "db1");
  f.dns["vip"] = "db2";
  f.store.rows.at("vip").age = 29min;
  f.now += 29min;
  CHECK(names.resolve("vip").name == "db1");
  f.store.rows.at("vip").age = 30min;
  f.now += 1min;
  CHECK(names.resolve("vip").name == "db2");
}

TEST_CASE("An answer from the store expires with its row") {
  Fixture f;
  f.store.put("vip", "db1", 50min);
  f.dns["vip"] = "db2";
  auto& names = f.start();
  CHECK(names.resolve("vip").name == "db1");
  f.now += 10min;
  f.store.rows.at("vip").age = 60min;
  CHECK(names.resolve("vip").name == "db2");
}

TEST_CASE("Addresses are never looked up") {
  Fixture f;
  auto& names = f.start();
  CHECK(names.resolve("127.0.0.1").name == "127.0.0.1");
  CHECK(names.resolve("::1").name == "::1");
  CHECK(names.resolve("2001:DB8:0::1").name == "2001:db8::1");
  CHECK(names.resolve("fe80::1%eth0").name == "fe80::1%eth0");
  CHECK(names.resolve("_").name == "_");
  CHECK(f.lookups.empty());
  CHECK(f.store.writes == 0);
}

TEST_CASE("none and default keep a name unchanged; default uses the store, none does not") {
  for (const std::string method : {"none", "default"}) {
    Fixture f(method);
    f.store.put("vip", "db1", 1s);
    auto& names = f.start();
    CHECK(names.resolve("Db7.Example.").name == "Db7.Example.");
    CHECK(names.resolve("Db7.Example.").name == "Db7.Example.");
    CHECK(names.resolve("vip").name == (method == "none" ? "vip" : "db1"));
    CHECK(f.lookups.empty());
    CHECK(f.store.writes == 0);
  }
}

TEST_CASE("A name that does not resolve is kept, with the problem, and looked up again after a minute") {
  Fixture f;
  auto& names = f.start();
  for (int i = 0; i < 2; ++i) {
    const auto found = names.resolve("Nowhere");
    CHECK(found.name == "nowhere");
    REQUIRE(found.problem);
    CHECK_THAT(*found.problem, Contains("nowhere does not resolve"));
  }
  CHECK(f.lookups.size() == 1);
  CHECK(f.store.rows.empty());
  CHECK(names.snapshot().empty());
  f.now += 59s;
  CHECK(names.resolve("nowhere").problem);
  CHECK(f.lookups.size() == 1);
  f.dns["nowhere"] = "somewhere";
  f.now += 1s;
  CHECK(names.resolve("nowhere").name == "somewhere");
  CHECK_FALSE(names.resolve("nowhere").problem);
}

TEST_CASE("While the name service fails, the last answer stays: an instance must not change its name") {
  Fixture f;
  f.dns["db1"] = "db1.example.com";
  auto& names = f.start();
  CHECK(names.resolve("db1").name == "db1.example.com");
  f.dns.clear();
  f.now += 2h;
  f.store.rows.at("db1").age = 2h;
  CHECK(names.resolve("db1").name == "db1.example.com");
  CHECK(names.resolve("db1").problem);
  auto& restarted = f.start();
  CHECK(restarted.resolve("db1").name == "db1.example.com");
  CHECK(restarted.resolve("db1").problem);
}

TEST_CASE("A name that matches RejectHostnameResolvePattern is rejected, from any origin") {
  Fixture f("cname", "^unknown|localhost");
  f.dns["db1"] = "unknown.example.com";
  f.store.put("db2", "localhost", 1s);
  f.dns["db2"] = "db2.example.com";
  auto& names = f.start();
  const auto found = names.resolve("db1");
  CHECK(found.name == "db1");
  REQUIRE(found.problem);
  CHECK_THAT(*found.problem,
             Contains("db1 resolves to unknown.example.com, which RejectHostnameResolvePattern"));
  CHECK(names.resolve("db2").name == "db2.example.com");
  CHECK_FALSE(f.store.rows.contains("db1"));
  f.configuration.reject_hostname_resolve_pattern = "(";
  CHECK_THAT(refusal([&] { f.start(); }), Contains("RejectHostnameResolvePattern"));
}

TEST_CASE("An invalid host name is not looked up, and an invalid answer is rejected") {
  Fixture f;
  f.dns["db1"] = "a b";
  auto& names = f.start();
  for (const std::string host : {"", " ", ".", "a b", "a/b", "'", "//db1", "a\nb", "\xff"}) {
    const auto found = names.resolve(host);
    CHECK(found.name == host);
    CHECK(found.problem);
  }
  CHECK(names.resolve(std::string(300, 'a')).problem);
  CHECK(f.lookups.empty());
  CHECK(names.resolve("db1").name == "db1");
  CHECK_THAT(names.resolve("db1").problem.value_or(""), Contains("\"a b\", which cannot be a host name"));
}

TEST_CASE("An exception in a lookup is reported as a problem") {
  Fixture f;
  HostNames names(f.configuration, f.store, f.log,
                  [](const std::string&, std::optional<SteadyTime>) -> std::optional<std::string> {
                    throw Error(Code::unreachable, "no answer");
                  });
  const auto found = names.resolve("db1");
  CHECK(found.name == "db1");
  CHECK_THAT(found.problem.value_or(""), Contains("no answer"));
}

TEST_CASE("resolve_now bypasses the cache") {
  Fixture f;
  f.dns["vip"] = "db1.example.com";
  auto& names = f.start();
  const topo::InstanceKey vip("vip", 3306);
  CHECK(names.resolve("vip").name == "db1.example.com");
  f.dns["vip"] = "db2.example.com";
  CHECK(names.resolve("vip").name == "db1.example.com");
  CHECK(names.resolve_now(vip).key == topo::InstanceKey("db2.example.com", 3306));
  CHECK(names.resolve("vip").name == "db2.example.com");
  CHECK(f.store.rows.at("vip").resolved == "db2.example.com");
  f.dns.erase("vip");
  const auto unknown = names.resolve_now(vip);
  CHECK(unknown.key == vip);
  CHECK_THAT(unknown.problem.value_or(""), Contains("vip does not resolve"));
  CHECK(names.resolve("vip").name == "db2.example.com");
}

TEST_CASE("load_all reads the whole store, and later names need no read") {
  Fixture f;
  f.store.put("a", "a.example.com", 10min);
  f.store.put("old", "old.example.com", 2h);
  f.store.put("bad name", "x", 1s);
  f.dns["old"] = "new.example.com";
  auto& names = f.start();
  names.load_all();
  CHECK(names.resolve("a").name == "a.example.com");
  CHECK(names.resolve("old").name == "new.example.com");
  CHECK(f.lookups == std::vector<std::string>{"old"});
  CHECK(f.store.reads == 0);

  f.store.put("a", "other.example.com", 0s);  // by another process
  f.now += 5min;
  names.load_all();
  CHECK(names.resolve("a").name == "other.example.com");
}

TEST_CASE("The cache can be listed and cleared") {
  Fixture f;
  f.dns = {{"b", "b.example.com"}, {"a", "a.example.com"}};
  auto& names = f.start();
  (void)names.resolve("b");
  (void)names.resolve("a");
  (void)names.resolve("nowhere");
  f.now += 10min;
  const auto all = names.snapshot();
  REQUIRE(all.size() == 2);
  CHECK(all[0].host == "a");
  CHECK(all[0].name == "a.example.com");
  CHECK(all[0].remaining == 50min);
  CHECK(all[1].host == "b");
  names.clear();
  CHECK(names.snapshot().empty());
  CHECK(f.store.rows.empty());
}

TEST_CASE("A failing store costs no answer, and one log line per outage") {
  Fixture f;
  f.dns = {{"a", "a.example.com"}, {"b", "b.example.com"}, {"c", "c.example.com"}, {"d", "d.example.com"}};
  f.store.down = true;
  auto& names = f.start();
  names.load_all();
  CHECK(names.resolve("a").name == "a.example.com");
  CHECK_FALSE(names.resolve("a").problem);
  CHECK(names.resolve("b").name == "b.example.com");
  CHECK(count(f.logged.str(), "the backend is down") == 1);
  f.store.down = false;
  CHECK(names.resolve("c").name == "c.example.com");
  f.store.down = true;
  CHECK(names.resolve("d").name == "d.example.com");
  CHECK(count(f.logged.str(), "the backend is down") == 2);
  CHECK_FALSE(refusal([&] { names.clear(); }, Code::backend).empty());
}

TEST_CASE("The cache is bounded") {
  Fixture f;
  auto& names = f.start();
  for (int i = 0; i < 30000; ++i) (void)names.resolve("nowhere" + std::to_string(i));
  f.dns["db1"] = "db1.example.com";
  CHECK(names.resolve("db1").name == "db1.example.com");
  CHECK(names.resolve("nowhere29999").problem);
}

TEST_CASE("Threads share the lookup of a name, and a slow lookup delays no other name") {
  Fixture f;
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> slow_lookups = 0;
  HostNames names(f.configuration, f.store, f.log,
                  [&](const std::string& host, std::optional<SteadyTime>) -> std::optional<std::string> {
                    if (host != "slow") return host + ".example.com";
                    ++slow_lookups;
                    released.wait();
                    return "slow.example.com";
                  });

  std::vector<std::future<Resolution>> asked;
  asked.reserve(8);
  for (int i = 0; i < 8; ++i)
    asked.push_back(std::async(std::launch::async, [&] { return names.resolve("slow"); }));
  while (slow_lookups == 0) std::this_thread::yield();
  CHECK(names.resolve("fast").name == "fast.example.com");
  CHECK(names.resolve("127.0.0.1").name == "127.0.0.1");
  release.set_value();
  for (auto& answer : asked) CHECK(answer.get().name == "slow.example.com");
  CHECK(slow_lookups == 1);
}

TEST_CASE("An expired answer is used while another thread looks up the new one") {
  Fixture f;
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> lookups = 0;
  std::atomic<std::chrono::hours> passed{0h};
  HostNames names(
      f.configuration, f.store, f.log,
      [&](const std::string&, std::optional<SteadyTime>) -> std::optional<std::string> {
        if (++lookups == 2) released.wait();
        return lookups == 1 ? "old" : "new";
      },
      [&] { return SteadyTime{} + 1000h + passed.load(); });
  CHECK(names.resolve("vip").name == "old");
  passed = 2h;
  f.store.rows.clear();
  auto renewing = std::async(std::launch::async, [&] { return names.resolve("vip").name; });
  while (lookups < 2) std::this_thread::yield();
  CHECK(names.resolve("vip").name == "old");
  release.set_value();
  CHECK(renewing.get() == "new");
  CHECK(names.resolve("vip").name == "new");
}

TEST_CASE("The system resolver knows localhost") {
  const auto name = canonical_host_name("localhost");
  REQUIRE(name);
  CHECK_THAT(*name, Contains("localhost"));
}

TEST_CASE("lookups with a deadline end in time") {
  Fixture f;
  f.dns["db1"] = "db1.example.com";
  f.dns["db2"] = "db2.example.com";
  auto& names = f.start();
  CHECK(names.resolve_until({"db1", 3306}, f.now + 1s).key == InstanceKey("db1.example.com", 3306));
  const auto late = names.resolve_until({"db2", 3306}, f.now);
  CHECK(late.key == InstanceKey("db2", 3306));
  CHECK_THAT(late.problem.value_or(""), Contains("no time"));
  // Cached answers are used past the deadline, even expired ones.
  f.now += 24h;
  CHECK(names.resolve_until({"db1", 3307}, f.now).key == InstanceKey("db1.example.com", 3307));
  CHECK(names.resolve_until({"127.0.0.1", 3306}, f.now).key == InstanceKey("127.0.0.1", 3306));
  CHECK(f.lookups == std::vector<std::string>{"db1"});
}

}  // namespace topo
