#include "http/worker_threads.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>

using namespace orchestrator;
using namespace std::chrono_literals;

TEST_CASE("Tasks that wait for each other all run at once") {
  // Guards against starvation: connections that arrived while one thread was idle once shared it.
  constexpr int together = 32;
  for (int round = 0; round < 20; ++round) {
    WorkerThreads threads(together, 0);
    std::latch first(1);
    CHECK(threads.submit([&] { first.count_down(); }));
    first.wait();
    std::mutex mutex;
    std::condition_variable changed;
    int arrived = 0;
    int left = 0;
    const auto task = [&] {
      std::unique_lock lock(mutex);
      ++arrived;
      changed.notify_all();
      changed.wait_for(lock, 10s, [&] { return arrived == together; });
      ++left;
      changed.notify_all();
    };
    for (int i = 0; i < together; ++i) {
      // A thread may not be idle yet right after its task.
      while (!threads.submit(task)) std::this_thread::yield();
    }
    std::unique_lock lock(mutex);
    const bool all_at_once = changed.wait_for(lock, 5s, [&] { return arrived == together; });
    changed.wait(lock, [&] { return left == together; });
    REQUIRE(all_at_once);
  }
}

TEST_CASE("Tasks beyond all threads and queue places are refused") {
  std::latch release(1);
  std::latch busy(2);
  WorkerThreads threads(2, 1);  // destroyed first: its threads use the latches
  const auto task = [&] {
    busy.count_down();
    release.wait();
  };
  CHECK(threads.submit(task));
  CHECK(threads.submit(task));
  busy.wait();
  CHECK(threads.submit([] {}));
  CHECK_FALSE(threads.submit([] {}));
  release.count_down();
}

TEST_CASE("finish() completes accepted tasks and accepts no more") {
  std::atomic<int> done{0};
  WorkerThreads threads(1, 100);
  for (int i = 0; i < 50; ++i) CHECK(threads.submit([&] { ++done; }));
  threads.finish();
  CHECK(done == 50);
  CHECK_FALSE(threads.submit([] {}));
}
