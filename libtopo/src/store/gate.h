// Gate: limits how many callers use a backend at once, and refuses all at once while the backend does not
// answer. A thread of its own checks the backend as soon as a caller waits for long.
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
  // After a wait of doubt_time the backend is checked, and has trial_time to answer: longer than frequent
  // statements take, and longer than other processes hold locks for their work.
  static constexpr std::chrono::milliseconds doubt_time{1000}, trial_time{1500};
  // How long a caller waits to be admitted.
  static constexpr std::chrono::seconds patience{2};

  // `answers` checks within trial_time whether the backend works; if it does not, `give_up` ends the waits of
  // all admitted callers. Both are called by the gate's own thread, throw nothing, and return soon when the
  // gate is being destroyed.
  Gate(
      std::size_t max, std::function<bool()> answers, std::function<void()> give_up = [] {})
      : max_(max), answers_(std::move(answers)), give_up_(std::move(give_up)) {}

  // Exists while a caller uses the backend.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(gate), position_(gate.enter()) {}
    ~Pass() { gate_.leave(position_); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    // The backend has answered, with a result or an error.
    void answered() { gate_.note_answer(); }
    // The backend has not answered in time.
    void timed_out() { gate_.doubt(); }

   private:
    friend class Gate;
    using Position = std::list<SteadyTime>::iterator;
    Gate& gate_;
    Position position_;
  };

  // Whether the backend has answered so recently that it is assumed to work.
  [[nodiscard]] bool is_fresh() const;
  // The last check failed, and no caller is admitted.
  [[nodiscard]] bool is_shut() const;
  static constexpr std::string_view why_shut = "it does not answer; it is checked again every second";

 private:
  // Throws Error{backend}; the message does not name the backend.
  Pass::Position enter();
  void leave(Pass::Position position);
  void note_answer();
  void doubt();
  void watch(const std::stop_token& stop);
  void wait_for_doubt(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void try_backend(std::unique_lock<std::mutex>& lock);

  const std::size_t max_;
  const std::function<bool()> answers_;
  const std::function<void()> give_up_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  // for callers that wait to be admitted
  std::condition_variable_any wakes_;    // for the thread
  std::list<SteadyTime> inside_;         // times of admission, oldest first
  SteadyTime last_answer_{}, last_trial_{};
  bool is_shut_ = false;
  bool is_doubted_ = false;  // a caller has timed out
  bool is_asleep_ = false;   // the thread sleeps until a caller is admitted
  std::jthread watch_;       // last: it uses all of the above
};

}  // namespace topo::store
