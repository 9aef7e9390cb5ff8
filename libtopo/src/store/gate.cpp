#include "store/gate.h"

#include <fmt/format.h>

#include <utility>

namespace topo::store {
namespace {

constexpr std::chrono::seconds retry_time{1};
constexpr std::chrono::milliseconds freshness{20};

[[noreturn]] void refuse() {
  throw Error(Code::backend, "it does not answer; it is tried again each second");
}

}  // namespace

bool Gate::is_fresh() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::now() - last_answer_ < freshness;
}

// The mutex is held.
bool Gate::nobody_is_answered(SteadyTime now) const {
  return !inside_.empty() && now - inside_.front() > patience && now - last_answer_ > patience;
}

Gate::Pass::Place Gate::enter() {
  std::unique_lock lock(mutex_);
  const auto latest = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (is_silent_) refuse();
    const auto now = std::chrono::steady_clock::now();
    // Those inside may just be slow: whoever doubts first waits for what the thread finds out.
    const bool is_in_doubt = nobody_is_answered(now);
    if (is_in_doubt)
      doubt();
    else if (inside_.size() < most_)
      break;
    if (now >= latest && is_in_doubt) refuse();
    if (now >= latest) throw Error(Code::backend, fmt::format("all {} connections to it are in use", most_));
    changed_.wait_until(lock, latest);
  }
  return inside_.insert(inside_.end(), std::chrono::steady_clock::now());
}

void Gate::leave(Pass::Place place) {
  {
    const std::lock_guard lock(mutex_);
    inside_.erase(place);
  }
  changed_.notify_all();
}

void Gate::note_answer() {
  {
    const std::lock_guard lock(mutex_);
    last_answer_ = std::chrono::steady_clock::now();
    if (!is_silent_ && !is_doubted_) return;
    is_silent_ = is_doubted_ = false;
  }
  changed_.notify_all();
}

void Gate::note_silence(SteadyTime began) {
  const std::lock_guard lock(mutex_);
  if (last_answer_ > began) return;  // others were answered meanwhile: it is slow in this alone
  is_silent_ = true;
  doubt();
}

// The mutex is held.
void Gate::doubt() {
  if (std::exchange(is_doubted_, true)) return;
  if (!watch_.joinable()) watch_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  changed_.notify_all();
}

void Gate::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return is_doubted_; }) && !stop.stop_requested()) {
    lock.unlock();
    const bool answers = answers_();
    if (answers) note_answer();
    lock.lock();
    if (answers) continue;
    is_silent_ = is_doubted_;
    changed_.notify_all();
    changed_.wait_for(lock, stop, retry_time, [this] { return !is_doubted_; });
  }
}

}  // namespace topo::store
