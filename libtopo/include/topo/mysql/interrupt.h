// Interrupt: ends waiting for servers, from another thread.
#pragma once

#include <atomic>

namespace topo::mysql {

// Thread-safe. For good: it cannot be taken back.
class Interrupt {
 public:
  Interrupt();  // throws std::system_error when the process has no file descriptors left
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void raise() noexcept;
  [[nodiscard]] bool is_raised() const noexcept { return raised_.load(std::memory_order_acquire); }
  // For poll(2): readable once it was raised.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
  std::atomic<bool> raised_{false};
};

}  // namespace topo::mysql
