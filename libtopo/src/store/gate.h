// Gate: who may ask a backend now. Bounded in number; and while the backend hangs nobody, but for one who
// tries again each second, so that all others have their answer, which is no, at once.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <string>

#include "topo/base/clock.h"
#include "topo/base/error.h"

namespace topo::store {

// Thread-safe.
class Gate {
 public:
  explicit Gate(std::size_t most) : most_(most) {}

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

 private:
  // Throws Error{backend}, without naming it.
  Pass::Place enter();
  void leave(Pass::Place place);
  void note_answer();
  void note_silence(SteadyTime began);
  [[nodiscard]] bool hangs(SteadyTime now) const;

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::list<SteadyTime> inside_;  // since when, the first longest
  SteadyTime last_answer_{};
  SteadyTime next_try_{};
  bool is_silent_ = false;  // it was not heard of since somebody gave up waiting
};

}  // namespace topo::store
