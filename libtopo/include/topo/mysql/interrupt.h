// Interrupt: ends waiting for servers, from another thread.
#pragma once

#include <atomic>
#include <memory>

namespace topo::mysql {

// Thread-safe. For good: it cannot be taken back.
class Interrupt {
 public:
  // Throws std::system_error when the process has no file descriptors left. Raised as well once `outer` is;
  // null: nothing else raises it.
  explicit Interrupt(std::shared_ptr<const Interrupt> outer = nullptr);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void raise() noexcept;
  [[nodiscard]] bool is_raised() const noexcept {
    return raised_.load(std::memory_order_acquire) || (outer_ && outer_->is_raised());
  }
  // For poll(2): readable once it was raised.
  [[nodiscard]] int descriptor() const noexcept { return either_ < 0 ? own_ : either_; }

 private:
  const std::shared_ptr<const Interrupt> outer_;
  int own_, either_ = -1;  // of two, an epoll instance
  std::atomic<bool> raised_{false};
};

}  // namespace topo::mysql
