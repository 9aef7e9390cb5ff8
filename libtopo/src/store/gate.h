// Gate: who may ask a backend now. Bounded in number; and while the backend does not answer nobody, so that
// all have their answer, which is no, at once. A thread of its own finds out whether it answers, as soon as
// somebody waits for long.
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
  // After so long a wait the backend is tried, and has so long to answer: more than what is asked for often
  // takes, and more than locks last that others need for their work.
  static constexpr std::chrono::milliseconds doubt_time{1000}, trial_time{1500};
  // How long is waited for a place inside.
  static constexpr std::chrono::seconds patience{2};

  // `answers` tries within trial_time whether the backend does what it is for; `give_up` ends the waits of
  // all who are inside, after it did not. The gate's own thread calls them. They throw nothing, and return
  // soon when the gate is to be destroyed.
  Gate(
      std::size_t most, std::function<bool()> answers, std::function<void()> give_up = [] {})
      : most_(most), answers_(std::move(answers)), give_up_(std::move(give_up)) {}

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
    void timed_out() { gate_.doubt(); }

   private:
    friend class Gate;
    using Place = std::list<SteadyTime>::iterator;
    Gate& gate_;
    Place place_;
  };

  // Whether the backend has answered so lately that it is believed to do so now.
  [[nodiscard]] bool is_fresh() const;
  // It did not when it was tried last, and nobody is let in.
  [[nodiscard]] bool is_shut() const;
  static constexpr std::string_view why_shut = "it does not answer; it is tried again each second";

 private:
  // Throws Error{backend}, without naming it.
  Pass::Place enter();
  void leave(Pass::Place place);
  void note_answer();
  void doubt();
  void watch(const std::stop_token& stop);
  void wait_for_doubt(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void try_backend(std::unique_lock<std::mutex>& lock);

  const std::size_t most_;
  const std::function<bool()> answers_;
  const std::function<void()> give_up_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  // for those outside
  std::condition_variable_any wakes_;    // for the thread
  std::list<SteadyTime> inside_;         // since when, the first longest
  SteadyTime last_answer_{}, last_trial_{};
  bool is_shut_ = false;
  bool is_doubted_ = false;  // somebody has waited in vain
  bool is_asleep_ = false;   // the thread, until somebody enters
  std::jthread watch_;       // last: it uses all of the above
};

}  // namespace topo::store
