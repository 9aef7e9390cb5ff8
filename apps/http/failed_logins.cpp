#include "http/failed_logins.h"

#include <algorithm>

#include "common/address_ranges.h"

namespace orchestrator {

std::chrono::milliseconds FailedLogins::delay_after(std::size_t failures) const {
  auto delay = pace_.first;
  for (std::size_t i = 1; i < failures && delay < pace_.max; ++i) delay *= 2;
  return std::min(delay, pace_.max);
}

bool FailedLogins::may_try(std::string_view address) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client_of(address));
  return waiting_ < pace_.max_waiting_in_all &&
         (found == clients_.end() || found->second.waiting < pace_.max_waiting);
}

// The mutex is held. Those that are waited for stay.
void FailedLogins::make_room() {
  const auto old = Clock::now() - pace_.forget;
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

std::size_t FailedLogins::failed(std::string_view address) {
  auto name = client_of(address);
  std::unique_lock lock(mutex_);
  if (!clients_.contains(name)) make_room();
  auto& client = clients_[std::move(name)];
  const auto now = Clock::now();
  if (client.waiting == 0 && now - client.last > pace_.forget) client.failures = 0;
  client.last = now;
  const auto failures = ++client.failures;
  ++client.waiting;
  ++waiting_;
  closed_.wait_for(lock, delay_after(failures), [this] { return is_closed_; });
  --client.waiting;
  --waiting_;
  return failures;
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
