// Gate: who may ask a backend now. Bounded in number; and while the backend hangs nobody, so that all have
// their answer, which is no, at once. A thread of its own tries meanwhile whether the backend answers again.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "topo/base/clock.h"
#include "topo/base/error.h"

namespace topo::store {

// Thread-safe.
class Gate {
 public:
  // Longer than it takes to answer what is asked for often.
  static constexpr std::chrono::seconds patience{2};

  // `answers` tells, within that time, whether the backend does. It is called by the gate's own thread, which
  // is there from the first doubt on, and must return soon when the gate is to be destroyed.
  Gate(std::size_t most, std::function<bool()> answers) : most_(most), answers_(std::move(answers)) {}

  // Held while the backend is asked.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(gate), place_(gate.enter()) {}
    ~Pass() { gate_.leave(place_); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    // The backend has answered, whatever it said.
    void answered() { gate_.note_answer(); }
    // It has not, in time.
    void timed_out() { gate_.note_silence(*place_); }

   private:
    friend class Gate;
    using Place = std::list<SteadyTime>::iterator;
    Gate& gate_;
    Place place_;
  };

  // Whether the backend has answered so lately that it is believed to do so now.
  [[nodiscard]] bool is_fresh() const;

 private:
  // Throws Error{backend}, without naming it.
  Pass::Place enter();
  void leave(Pass::Place place);
  void note_answer();
  void note_silence(SteadyTime began);
  void doubt();
  void watch(const std::stop_token& stop);
  [[nodiscard]] bool nobody_is_answered(SteadyTime now) const;

  const std::size_t most_;
  const std::function<bool()> answers_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<SteadyTime> inside_;  // since when, the first longest
  SteadyTime last_answer_{};
  bool is_silent_ = false;   // it was not heard of since somebody gave up waiting
  bool is_doubted_ = false;  // the thread is to find out
  std::jthread watch_;       // last: it uses all of the above
};

}  // namespace topo::store
