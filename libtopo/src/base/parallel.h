// Runs several pieces of work in parallel.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace topo {

// Calls work(0) … work(count - 1), at most `at_once` at a time, and returns when all calls have ended. `work`
// must not throw. The calling thread takes part, so a single piece of work starts no thread.
template <typename Work>
void in_parallel(std::size_t count, std::size_t at_once, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (auto i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
  };
  std::vector<std::jthread> others;
  const auto threads = std::min(count, at_once);
  others.reserve(threads);
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(take);
  take();
}

}  // namespace topo
