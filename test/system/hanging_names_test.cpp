// A name service that hangs for names that rogue servers list, or returns another address than before.
#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <string_view>
#include <thread>

#include "mysql/name_service.h"
#include "sandbox/rogue/server.h"
#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "topo/mysql/pool.h"

namespace {

using namespace std::chrono_literals;

constexpr std::string_view hanging_domain = ".hangs.test";
constexpr std::string_view quick_domain = ".quick.test";
std::atomic<std::size_t> hung_lookups{0};
constexpr std::string_view moving_name = "db.moves.test";
std::atomic<const char*> moving_address{"127.0.0.1"};

}  // namespace

// Replaces libc's function in this program only: names of hanging_domain take as long as with a dead name
// server.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool is_in_digits = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  if (!is_in_digits && host != nullptr && std::string_view(host).ends_with(hanging_domain)) {
    ++hung_lookups;
    std::this_thread::sleep_for(4s);
    return EAI_AGAIN;
  }
  const bool is_quick = !is_in_digits && host != nullptr && std::string_view(host).ends_with(quick_domain);
  const bool is_moving = !is_in_digits && host != nullptr && host == moving_name;
  return real(is_moving ? moving_address.load() : is_quick ? "127.0.0.1" : host, service, hints, found);
}

namespace {

// For a name that was resolved before.
std::chrono::milliseconds time_of_lookup(const std::string& name) {
  const auto began = std::chrono::steady_clock::now();
  topo::mysql::Waiting waiting(nullptr);
  waiting.allow(5s);
  CHECK_FALSE(topo::mysql::addresses_of(name, waiting).empty());
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

}  // namespace

TEST_CASE("Hanging names listed by many servers do not delay polls of other servers",
          "[rogue][names][timed]") {
  sandbox::Topology servers("a > b, a > c");
  rogue::Server sick(
      {.mode = "honest", .count = 200, .amount = 50, .name = std::string(hanging_domain.substr(1))});
  auto configuration = system_test::configuration_for(servers);
  configuration.instance_poll = 1s;
  configuration.hostname_resolve_method = "cname";
  system_test::LibraryFixture library(servers, configuration);
  library.discover("a");
  for (const auto port : sick.ports()) (void)library.discovery().discover({sick.address(), port});
  sick.turn_to("many-names");
  library.start_continuous();
  sandbox::wait_until([] { return hung_lookups > 20; }, 20s, "names to be looked up");
  (void)time_of_lookup("answered.quick.test");
  std::chrono::seconds longest{0};
  std::chrono::milliseconds longest_lookup{0};
  for (const auto end = std::chrono::steady_clock::now() + 15s; std::chrono::steady_clock::now() < end;) {
    for (const auto* name : {"a", "b", "c"})
      longest = std::max(longest, library.known(name)->since_last_seen.value_or(1h));
    longest_lookup = std::max(longest_lookup, time_of_lookup("answered.quick.test"));
    std::this_thread::sleep_for(100ms);
  }
  CHECK(longest <= 4s);
  CHECK(longest_lookup < 1s);
}

TEST_CASE("A pooled connection is closed when its name leads to another server", "[rogue][names][pool]") {
  const bool by_connecting = GENERATE(false, true);
  CAPTURE(by_connecting);
  moving_address = "127.0.0.1";
  const rogue::Server former({});
  const rogue::Server now({.address = "127.0.0.2", .port = former.port()});
  const topo::InstanceKey key(std::string(moving_name), former.port());
  topo::mysql::Pool pool(
      [](const topo::InstanceKey& server, auto) {
        topo::mysql::ConnectionOptions options;
        options.server = server;
        options.user = "orchestrator";
        return topo::mysql::Connection(options);
      },
      3, 1h, by_connecting ? std::chrono::milliseconds(1h) : 20ms);
  { const auto lease = pool.acquire(key); }
  CHECK(pool.acquire(key).reused());
  CHECK(former.clients() == 1);

  moving_address = "127.0.0.2";
  if (by_connecting) (void)pool.connect(key);
  sandbox::wait_until([&] { return former.connected() == 0; }, 10s, "the kept connection to be closed");
  const auto lease = pool.acquire(key);
  CHECK_FALSE(lease.reused());
  CHECK(lease->peer_address() == "127.0.0.2");
  CHECK(former.clients() == 1);
}
