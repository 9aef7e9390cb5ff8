#include "http/failed_logins.h"

#include <algorithm>

namespace orchestrator {

std::chrono::milliseconds FailedLogins::delay_after(std::size_t failures) const {
  auto delay = pace_.first;
  for (std::size_t i = 1; i < failures && delay < pace_.max; ++i) delay *= 2;
  return std::min(delay, pace_.max);
}

// The mutex must be held.
bool FailedLogins::has_room(const Attempt& attempt, Clock::time_point now) {
  std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.until <= now; });
  const auto taken = std::ranges::count_if(waiters_, [&](const Waiter& waiter) {
    return waiter.client == attempt.client && waiter.user == attempt.user;
  });
  if (static_cast<std::size_t>(taken) >= pace_.max_waiters) return false;
  if (waiters_.size() < pace_.max_waiters_in_all) return true;
  const auto client = clients_.find(attempt.client);
  return client == clients_.end() || client->second.failures < pace_.max_waiters ||
         now - client->second.last > pace_.forget;
}

// The mutex must be held. Clients with waiting requests stay.
void FailedLogins::make_room(Clock::time_point now) {
  const auto old = now - pace_.forget;
  std::erase_if(clients_, [&](const auto& one) { return one.second.waiting == 0 && one.second.last < old; });
  while (clients_.size() >= pace_.max_clients) {
    auto oldest = clients_.end();
    for (auto one = clients_.begin(); one != clients_.end(); ++one) {
      if (one->second.waiting > 0) continue;
      if (oldest == clients_.end() || one->second.last < oldest->second.last) oldest = one;
    }
    if (oldest == clients_.end()) return;
    clients_.erase(oldest);
  }
}

// The mutex must be held.
FailedLogins::Client& FailedLogins::remember(const std::string& name, Clock::time_point now) {
  if (!clients_.contains(name)) make_room(now);
  auto& client = clients_[name];
  if (client.waiting == 0 && now - client.last > pace_.forget) client.failures = 0;
  client.last = now;
  return client;
}

FailedLogins::Result FailedLogins::attempt(const Attempt& attempt, const std::function<bool()>& is_right) {
  std::unique_lock lock(mutex_);
  const auto now = Clock::now();
  if (!has_room(attempt, now)) return {};
  if (is_right()) return {Outcome::right};

  auto& client = remember(attempt.client, now);
  const bool waits = client.waiting < pace_.max_waiting && waiting_ < pace_.max_waiting_in_all;
  if (!waits && !attempt.is_known) return {};
  const auto failures = ++client.failures;
  const auto until = now + delay_after(failures);
  waiters_.push_back({attempt.client, attempt.user, until});
  if (!waits) return {Outcome::refused, failures};
  ++client.waiting;
  ++waiting_;
  closed_.wait_until(lock, until, [this] { return is_closed_; });
  --client.waiting;
  --waiting_;
  return {Outcome::wrong, failures};
}

void FailedLogins::close() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  closed_.notify_all();
}

std::size_t FailedLogins::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

std::size_t FailedLogins::remembered() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

}  // namespace orchestrator
