// Waiting: limits the time that a thread waits for a server, and ends waits on an interrupt.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "topo/base/clock.h"
#include "topo/mysql/interrupt.h"

namespace topo::mysql {

// Counts the time of all waits since allow(), so that a server that sends single bytes gets no more time than
// a silent one. Not thread-safe.
class Waiting {
 public:
  explicit Waiting(std::shared_ptr<const Interrupt> interrupt = nullptr) : interrupt_(std::move(interrupt)) {}

  void allow(std::chrono::nanoseconds time) noexcept {
    allowed_ = left_ = time;
    since_ = std::chrono::steady_clock::now();
  }
  // No wait continues beyond `deadline`, either; nullopt: no deadline.
  void end_by(std::optional<SteadyTime> deadline) noexcept { deadline_ = deadline; }

  enum class Outcome { ready, timed_out, interrupted };
  // Waits until `descriptor` is ready for `events` of poll(2), for at most `most`.
  [[nodiscard]] Outcome wait(int descriptor, short events,
                             std::chrono::nanoseconds most = std::chrono::nanoseconds::max());
  // The result of wait() for a ready descriptor, for callers that never have to wait.
  [[nodiscard]] Outcome state() const;

  // The allowed time and what remains of it, both limited by the deadline.
  [[nodiscard]] std::chrono::nanoseconds allowed() const noexcept;
  [[nodiscard]] std::chrono::nanoseconds left() const;

 private:
  std::shared_ptr<const Interrupt> interrupt_;
  std::chrono::nanoseconds allowed_{0}, left_{0};
  SteadyTime since_{};
  std::optional<SteadyTime> deadline_;
};

}  // namespace topo::mysql
