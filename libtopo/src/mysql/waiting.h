// Waiting: how long a server may keep a thread waiting, and what else ends a wait.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "topo/base/clock.h"
#include "topo/mysql/interrupt.h"

namespace topo::mysql {

// What counts is the time spent in waiting, added up over all waits since allow(): a server that sends a byte
// now and then gets no more of it than one that is silent. Not thread-safe.
class Waiting {
 public:
  explicit Waiting(std::shared_ptr<const Interrupt> interrupt = nullptr) : interrupt_(std::move(interrupt)) {}

  void allow(std::chrono::nanoseconds time) noexcept {
    allowed_ = left_ = time;
    since_ = std::chrono::steady_clock::now();
  }
  // Besides that, no wait goes on beyond `deadline`; nullopt: any.
  void end_by(std::optional<SteadyTime> deadline) noexcept { deadline_ = deadline; }

  enum class Outcome { ready, timed_out, interrupted };
  // Until `descriptor` is ready for `events` of poll(2), and not longer than `most`.
  [[nodiscard]] Outcome wait(int descriptor, short events,
                             std::chrono::nanoseconds most = std::chrono::nanoseconds::max());
  // What wait() would say of a descriptor that is ready: for those who never have to wait.
  [[nodiscard]] Outcome state() const;

  // What was allowed, or is left of it by the deadline.
  [[nodiscard]] std::chrono::nanoseconds allowed() const noexcept;
  [[nodiscard]] std::chrono::nanoseconds left() const;

 private:
  std::shared_ptr<const Interrupt> interrupt_;
  std::chrono::nanoseconds allowed_{0}, left_{0};
  SteadyTime since_{};
  std::optional<SteadyTime> deadline_;
};

}  // namespace topo::mysql
