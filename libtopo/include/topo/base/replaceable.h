// Replaceable: a value that many threads read while, now and then, one replaces it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace topo {

// Former values are kept, so that a reference to one stays good as long as the object lives: for values that
// are small and replaced by people. Reading takes no lock.
template <typename Value>
class Replaceable {
 public:
  explicit Replaceable(Value first) { replace(std::move(first)); }

  [[nodiscard]] const Value& current() const noexcept { return *current_.load(std::memory_order_acquire); }
  void replace(Value next) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::make_unique<const Value>(std::move(next)));
    current_.store(all_.back().get(), std::memory_order_release);
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<const Value>> all_;
  std::atomic<const Value*> current_{nullptr};
};

}  // namespace topo
