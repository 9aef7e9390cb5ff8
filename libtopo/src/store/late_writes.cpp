#include "store/late_writes.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "topo/base/clock.h"
#include "topo/base/error.h"

namespace topo::store {

LateWrites::LateWrites(spdlog::logger& log, std::function<bool()> is_over)
    : log_(log), is_over_(std::move(is_over)) {}

LateWrites::~LateWrites() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  for (const auto& late : pending_)
    log_.error(fmt::format("Lost, because the backend does not accept it: {}", late.what));
}

void LateWrites::add(std::string what, std::function<void()> write) noexcept {
  constexpr std::size_t most = 5'000;
  try {
    const std::lock_guard lock(mutex_);
    if (pending_.size() >= most) {
      log_.error(fmt::format("Lost, as {} earlier writes are still pending: {}", most, what));
      return;
    }
    if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    pending_.push_back({what, std::move(write)});
    wakes_.notify_all();
  } catch (const std::exception& error) {  // no thread or no memory is left
    log_.error(fmt::format("Lost: {}: {}", what, error.what()));
  }
}

bool LateWrites::was_written(const Late& late) {
  try {
    late.write();
    log_.info(fmt::format("Written late: {}", late.what));
  } catch (const Error& error) {
    if (error.code() == Code::backend) return false;
    log_.error(fmt::format("Lost: {}: {}", late.what, error.what()));
  } catch (const std::exception& error) {
    log_.error(fmt::format("Lost: {}: {}", late.what, error.what()));
  }
  return true;
}

void LateWrites::run(const std::stop_token& stop) {
  constexpr std::chrono::seconds pause{1}, grace{5};
  constexpr std::chrono::milliseconds last_pause{250};
  constexpr std::size_t max_in_vain = 8;  // before a pause: what blocks one write may not block another
  std::size_t in_vain = 0;
  std::optional<SteadyTime> end_by;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!wakes_.wait(lock, stop, [this] { return !pending_.empty(); })) return;
    const auto first = pending_.front();
    lock.unlock();
    const bool is_written = was_written(first);
    lock.lock();
    pending_.pop_front();
    if (is_written) {
      in_vain = 0;
      continue;
    }
    pending_.push_back(first);
    const auto now = std::chrono::steady_clock::now();
    if (stop.stop_requested() && !end_by) end_by = now + grace;
    if (end_by && (now >= *end_by || is_over_())) return;
    if (++in_vain < std::min(pending_.size(), max_in_vain)) continue;
    in_vain = 0;
    if (end_by)
      wakes_.wait_for(lock, last_pause, [] { return false; });
    else
      wakes_.wait_for(lock, stop, pause, [] { return false; });
  }
}

}  // namespace topo::store
