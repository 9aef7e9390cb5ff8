#include "store/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace topo::store {
namespace {

constexpr std::chrono::seconds retry_time{1};
constexpr std::chrono::milliseconds freshness{20};

}  // namespace

bool Gate::is_fresh() const {
  const std::lock_guard lock(mutex_);
  return steady_now() - last_answer_ < freshness;
}

bool Gate::is_shut() const {
  const std::lock_guard lock(mutex_);
  return is_shut_;
}

Gate::Pass::Position Gate::enter() {
  std::unique_lock lock(mutex_);
  const bool has_place = changed_.wait_until(lock, steady_now() + patience,
                                             [this] { return is_shut_ || inside_.size() < max_; });
  if (is_shut_) throw Error(Code::backend, std::string(why_shut));
  if (!has_place) throw Error(Code::backend, fmt::format("all {} connections to it are in use", max_));
  if (!watch_.joinable()) watch_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  if (std::exchange(is_asleep_, false)) wakes_.notify_all();
  return inside_.insert(inside_.end(), steady_now());
}

void Gate::leave(Pass::Position position) {
  {
    const std::lock_guard lock(mutex_);
    inside_.erase(position);
  }
  changed_.notify_all();
}

void Gate::note_answer() {
  const std::lock_guard lock(mutex_);
  last_answer_ = steady_now();
}

void Gate::doubt() {
  const std::lock_guard lock(mutex_);
  is_doubted_ = true;
  is_asleep_ = false;
  wakes_.notify_all();
}

void Gate::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    wait_for_doubt(lock, stop);
    if (stop.stop_requested()) return;
    do {
      try_backend(lock);
    } while (is_shut_ && !wakes_.wait_for(lock, stop, retry_time, [&] { return stop.stop_requested(); }));
  }
}

// Returns when a caller has been waiting for doubt_time, or has timed out.
void Gate::wait_for_doubt(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  while (!is_doubted_ && !stop.stop_requested()) {
    if (inside_.empty()) {
      is_asleep_ = true;
      wakes_.wait(lock, stop, [this] { return !is_asleep_; });
      continue;
    }
    const auto due = std::max(inside_.front(), last_trial_) + doubt_time;
    if (due <= steady_now()) return;
    wakes_.wait_until(lock, stop, due, [this] { return is_doubted_; });
  }
}

void Gate::try_backend(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const bool answers = answers_();
  lock.lock();
  is_shut_ = !answers;
  is_doubted_ = false;
  last_trial_ = steady_now();
  changed_.notify_all();
  if (answers) return;
  lock.unlock();
  give_up_();
  lock.lock();
}

}  // namespace topo::store
