// Interrupt: ends waits for servers, from another thread.
#pragma once

#include <atomic>
#include <memory>

namespace topo::mysql {

// Thread-safe. Once raised, it stays raised.
class Interrupt {
 public:
  // Also counts as raised when `outer` is; `outer` may be null. Throws std::system_error when the process has
  // no file descriptors left.
  explicit Interrupt(std::shared_ptr<const Interrupt> outer = nullptr);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void raise() noexcept;
  [[nodiscard]] bool is_raised() const noexcept {
    return raised_.load(std::memory_order_acquire) || (outer_ && outer_->is_raised());
  }
  // For poll(2): readable once raised.
  [[nodiscard]] int descriptor() const noexcept { return either_ < 0 ? own_ : either_; }

 private:
  const std::shared_ptr<const Interrupt> outer_;
  int own_, either_ = -1;  // either_: an epoll instance for own_ and outer_
  std::atomic<bool> raised_{false};
};

}  // namespace topo::mysql
