// Ending: makes a serving process end in time, even when servers do not respond.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "topo/context.h"

namespace orchestrator {

// Thread-safe.
class Ending {
 public:
  Ending();
  ~Ending();
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  // For code that waits for servers: see begin().
  [[nodiscard]] const topo::Interrupts& interrupts() const noexcept { return interrupts_; }

  // While one exists, an operation that changes servers is running. Must not outlive the Ending.
  class Operation {
   public:
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

   private:
    friend class Ending;
    explicit Operation(Ending& ending) : ending_(ending) {}
    Ending& ending_;
  };
  // Throws Error{refused} after begin().
  [[nodiscard]] Operation operation();

  // Refuses new operations from now on. When the last running operation has ended, reads from servers are
  // interrupted; three seconds later, so is waiting for a backend that has not stored the results. Returns at
  // once.
  void begin();

 private:
  void run(const std::stop_token& stop);

  const topo::Interrupts interrupts_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t under_way_ = 0;
  bool has_begun_ = false;
  std::jthread thread_;
};

}  // namespace orchestrator
