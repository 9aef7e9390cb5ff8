// Replaceable: a value with many reader threads that is occasionally replaced.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace topo {

// Thread-safe. A replaced value is destroyed when its last reader releases it.
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
    current_.swap(made);  // `made` is destroyed after the lock, so the former value ends outside it
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Value> current_;
};

}  // namespace topo
