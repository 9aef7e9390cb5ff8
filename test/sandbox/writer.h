// Background writes during a test.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "sandbox/server.h"

namespace sandbox {

// A thread that inserts, updates and deletes rows of sandbox_load.writes on one server, one transaction each,
// until the object is destroyed. While the server is down it keeps reconnecting.
class Writer {
 public:
  // `pause` is the time between transactions; the table exists when the constructor returns.
  explicit Writer(Server& server, std::chrono::microseconds pause = std::chrono::milliseconds(2));
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Transactions that the server has acknowledged so far.
  [[nodiscard]] std::uint64_t committed() const noexcept { return committed_; }
  // Stops the writes; returns when the last one has been answered.
  void stop();

 private:
  void write(const std::stop_token& stop);

  Server& server_;
  const std::chrono::microseconds pause_;
  std::atomic<std::uint64_t> committed_ = 0;
  std::jthread thread_;
};

}  // namespace sandbox
