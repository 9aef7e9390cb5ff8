// Replaceable: a value that many threads read while, now and then, one replaces it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace topo {

// Thread-safe. A value that was replaced goes when the last of those who read it has let it go.
template <typename Value>
class Replaceable {
 public:
  explicit Replaceable(Value first) : current_(std::make_shared<const Value>(std::move(first))) {}

  [[nodiscard]] std::shared_ptr<const Value> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void replace(Value next) {
    auto made = std::make_shared<const Value>(std::move(next));
    const std::lock_guard lock(mutex_);
    current_.swap(made);  // the former one ends without the lock, which is let go first
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Value> current_;
};

}  // namespace topo
