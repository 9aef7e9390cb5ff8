#include "http/response_cache.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace orchestrator;

namespace {

struct Backend {
  std::atomic<std::uint64_t> version{1};
  std::atomic<bool> can_tell{true};
  ResponseCache cache{[this] { return can_tell ? std::optional(version.load()) : std::nullopt; }};
};

// Retries checks that fail only when the clock's second changes in between.
template <typename Attempt>
bool within_one_second(Attempt attempt) {
  for (int i = 0; i < 3; ++i) {
    if (attempt()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("A response is cached while nothing changes") {
  Backend backend;
  int produced = 0;
  const auto produce = [&] { return std::to_string(++produced); };
  CHECK(within_one_second(
      [&] { return backend.cache.get("/a", produce) == backend.cache.get("/a", produce); }));
  CHECK(within_one_second([&] { return backend.cache.get("/a", produce) == backend.cache.find("/a"); }));
  CHECK(backend.cache.find("/b") == nullptr);
}

TEST_CASE("A response is dropped when the backend has changed") {
  Backend backend;
  CHECK(within_one_second([&] {
    const auto second = std::time(nullptr);
    const auto body = backend.cache.get("/a", [] { return "old"; });
    ++backend.version;
    // The cache reads the version at most once per millisecond.
    while (backend.cache.find("/a") != nullptr) std::this_thread::yield();
    return *body == "old" && std::time(nullptr) == second;
  }));
  CHECK(*backend.cache.get("/a", [] { return "new"; }) == "new");
}

TEST_CASE("A response is dropped at the end of the second") {
  Backend backend;
  (void)backend.cache.get("/a", [] { return "old"; });
  const auto begin = std::chrono::steady_clock::now();
  while (backend.cache.find("/a") != nullptr) std::this_thread::yield();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("Nothing is cached when the version of the backend is unknown") {
  Backend backend;
  backend.can_tell = false;
  CHECK(*backend.cache.get("/a", [] { return "1"; }) == "1");
  CHECK(backend.cache.find("/a") == nullptr);
}

TEST_CASE("An exception reaches the caller and is not cached") {
  Backend backend;
  const std::function<std::string()> fail = []() -> std::string { throw std::runtime_error("no"); };
  CHECK_THROWS_AS(backend.cache.get("/a", fail), std::runtime_error);
  CHECK(backend.cache.find("/a") == nullptr);
  CHECK(*backend.cache.get("/a", [] { return "yes"; }) == "yes");
}

TEST_CASE("Concurrent requests share one computation") {
  Backend backend;
  CHECK(within_one_second([&] {
    ++backend.version;
    std::atomic<int> produced{0};
    std::promise<void> all_there;
    std::atomic<int> there{0};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
          if (++there == 8) all_there.set_value();
          (void)backend.cache.get("/a", [&] {
            ++produced;
            all_there.get_future().wait();
            return "x";
          });
        });
      }
    }
    return produced == 1;
  }));
}

TEST_CASE("The cache is bounded in number and size") {
  Backend backend;
  for (int i = 0; i < 5000; ++i) (void)backend.cache.get(fmt::format("/{}", i), [] { return "x"; });
  CHECK(backend.cache.find("/4999") == nullptr);
  Backend other;
  const std::string large(3 << 20, 'x');
  (void)other.cache.get("/a", [&] { return large; });
  (void)other.cache.get("/b", [&] { return large; });
  CHECK(other.cache.find("/a") == nullptr);
}
