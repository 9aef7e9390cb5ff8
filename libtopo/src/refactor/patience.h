// Patience: how long the end of an operation waits for a backend that does not answer.
#pragma once

#include <chrono>
#include <optional>
#include <thread>

#include "store/store_error.h"
#include "topo/base/clock.h"

namespace topo::refactor {

// One for all that an operation has to write when it is over: who waits for the operation, or for the process
// to end, waits for that long once, whatever there is to write. Of one thread.
class Patience {
 public:
  explicit Patience(std::chrono::milliseconds time = std::chrono::seconds(10)) : time_(time) {}

  // Calls `write` until it does not throw Error{backend}, for `time` from when one failed first; then throws
  // what it threw last. What lasts, as a disk that is full, it throws at once.
  template <typename Write>
  void until_stored(const Write& write) {
    constexpr std::chrono::milliseconds pause{250};
    for (;;) {
      try {
        write();
        return;
      } catch (const store::StoreError& error) {
        if (error.is_lasting() || is_over()) throw;
      } catch (const Error& error) {
        if (error.code() != Code::backend || is_over()) throw;
      }
      std::this_thread::sleep_for(pause);
    }
  }

 private:
  // Asked when something has failed.
  [[nodiscard]] bool is_over() {
    const auto now = std::chrono::steady_clock::now();
    if (!latest_) latest_ = now + time_;
    return now >= *latest_;
  }

  const std::chrono::milliseconds time_;
  std::optional<SteadyTime> latest_;
};

}  // namespace topo::refactor
