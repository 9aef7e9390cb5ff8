#include "store/gate.h"

#include <fmt/format.h>

namespace topo::store {
namespace {

// Longer than it takes to answer what is asked for often.
constexpr std::chrono::seconds patience{2};
constexpr std::chrono::seconds retry_time{1};

}  // namespace

bool Gate::hangs(SteadyTime now) const {
  const bool nobody_is_answered =
      !inside_.empty() && now - inside_.front() > patience && now - last_answer_ > patience;
  return is_silent_ || nobody_is_answered;
}

Gate::Pass::Place Gate::enter() {
  std::unique_lock lock(mutex_);
  const auto latest = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    if (hangs(now)) {
      if (now < next_try_) throw Error(Code::backend, "it does not answer; it is tried again each second");
      next_try_ = now + retry_time;
      break;
    }
    if (inside_.size() < most_) break;
    if (now >= latest) throw Error(Code::backend, fmt::format("all {} connections to it are in use", most_));
    left_.wait_until(lock, latest);
  }
  return inside_.insert(inside_.end(), std::chrono::steady_clock::now());
}

void Gate::leave(Pass::Place place) {
  {
    const std::lock_guard lock(mutex_);
    inside_.erase(place);
  }
  left_.notify_one();
}

void Gate::note_answer() {
  const std::lock_guard lock(mutex_);
  last_answer_ = std::chrono::steady_clock::now();
  is_silent_ = false;
}

void Gate::note_silence(SteadyTime began) {
  const std::lock_guard lock(mutex_);
  if (last_answer_ > began) return;  // others were answered meanwhile: it is slow in this alone
  is_silent_ = true;
  next_try_ = std::chrono::steady_clock::now() + retry_time;
}

}  // namespace topo::store
