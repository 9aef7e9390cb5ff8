#include "http/worker_threads.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>

using namespace orchestrator;

TEST_CASE("Tasks that wait for each other all run at once") {
  // Connections that arrived while one thread was idle, and shared it, starved.
  WorkerThreads threads(32, 0);
  for (int round = 0; round < 20; ++round) {
    std::latch all(32);
    std::latch done(32);
    for (int i = 0; i < 32; ++i) {
      // A thread that has just ended its task may not be idle yet.
      while (!threads.submit([&] {
        all.arrive_and_wait();
        done.count_down();
      })) {
        std::this_thread::yield();
      }
    }
    done.wait();
  }
}

TEST_CASE("More tasks than threads and places to wait are refused") {
  WorkerThreads threads(2, 1);
  std::latch release(1);
  std::latch busy(2);
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

TEST_CASE("Finishing lets what was accepted be done, and takes no more") {
  std::atomic<int> done{0};
  WorkerThreads threads(1, 100);
  for (int i = 0; i < 50; ++i) CHECK(threads.submit([&] { ++done; }));
  threads.finish();
  CHECK(done == 50);
  CHECK_FALSE(threads.submit([] {}));
}
