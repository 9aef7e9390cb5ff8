#include "discovery/writer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "topo/base/error.h"

namespace topo::discovery {
namespace {

constexpr std::chrono::milliseconds group_time{100};  // how long the first write of a group waits for more
constexpr std::size_t group_size = 500;
constexpr std::chrono::seconds retry_time{1};
constexpr std::chrono::minutes reminder_time{1};  // how often it is logged that the backend still fails

const InstanceKey& key_of(const InstanceWrite& write) {
  return std::visit(
      [](const auto& w) -> const InstanceKey& {
        if constexpr (requires { w.instance; })
          return w.instance.key;
        else
          return w.key;
      },
      write);
}

// The kinds of later writes about an instance, which may supersede earlier ones.
struct Later {
  bool seen = false, failed = false, placed = false;
};

// Returns true if `write` is needed despite the later writes; adds it to `later`.
bool is_needed(const InstanceWrite& write, Later& later) {
  if (const auto* seen = std::get_if<SeenInstance>(&write)) {
    const bool needed = !later.seen || seen->is_new;  // later writes rely on the row
    later.seen = true;
    return needed;
  }
  if (std::holds_alternative<FailedInstance>(write)) {
    return !later.seen && !std::exchange(later.failed, true);
  }
  if (std::holds_alternative<ClusterAssignment>(write)) {
    return !later.seen && !std::exchange(later.placed, true);
  }
  return true;
}

}  // namespace

Writer::Writer(InstanceStore& store, spdlog::logger& log, Vanished vanished)
    : store_(store), log_(log), vanished_(std::move(vanished)), thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void Writer::add(InstanceWrite write) {
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back(std::move(write));
    if (pending_.size() > 1 && pending_.size() < group_size) return;  // a group is being filled already
  }
  wake_.notify_all();
}

void Writer::flush(std::optional<SteadyTime> latest) {
  std::unique_lock lock(mutex_);
  // Earlier writes are in the running group or in the next one.
  const auto enough = tries_ + (writing_ ? 1 : 0) + (pending_.empty() ? 0 : 1);
  wanted_tries_ = std::max(wanted_tries_, enough);
  wake_.notify_all();
  const auto is_tried = [&] { return tries_ >= enough; };
  if (!latest)
    written_.wait(lock, is_tried);
  else if (!written_.wait_until(lock, *latest, is_tried))
    throw Error(Code::backend, "the backend has not stored it in time");
  if (error_ && (writing_ || !pending_.empty())) std::rethrow_exception(error_);
}

std::uint64_t Writer::transactions() const {
  const std::lock_guard lock(mutex_);
  return transactions_;
}

// Puts the group before newer writes, without the writes that those supersede.
void Writer::put_back(std::vector<InstanceWrite> group) {
  std::unordered_map<InstanceKey, Later> later;
  std::deque<InstanceWrite> kept;
  const auto keep = [&](InstanceWrite& write) {
    if (is_needed(write, later[key_of(write)])) kept.push_front(std::move(write));
  };
  std::for_each(pending_.rbegin(), pending_.rend(), keep);
  std::for_each(group.rbegin(), group.rend(), keep);
  pending_ = std::move(kept);
}

void Writer::say_failed(const std::string& reason) {
  const auto now = Clock::now();
  if (!outage_)
    outage_ = {.since = now, .reported = now};
  else if (now - outage_->reported < reminder_time)
    return;
  outage_->reported = now;
  log_.error(fmt::format(
      "Cannot store discovered instances; they are kept, and the write is retried every second: {}", reason));
}

void Writer::say_works() {
  if (!outage_) return;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - outage_->since);
  log_.info(fmt::format("Discovered instances are stored again, after failing for {} s", seconds.count()));
  outage_.reset();
}

bool Writer::write_group(std::unique_lock<std::mutex>& lock) {
  std::vector<InstanceWrite> group(std::make_move_iterator(pending_.begin()),
                                   std::make_move_iterator(pending_.end()));
  pending_.clear();
  writing_ = true;
  lock.unlock();
  std::vector<InstanceKey> vanished;
  std::exception_ptr error;
  try {
    vanished = store_.write(group);
  } catch (const std::exception& e) {
    error = std::current_exception();
    say_failed(e.what());
  }
  if (!error) say_works();
  if (!vanished.empty()) vanished_(vanished);
  lock.lock();
  if (error)
    put_back(std::move(group));
  else
    ++transactions_;
  error_ = error;
  writing_ = false;
  ++tries_;
  written_.notify_all();
  return !error;
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    if (pending_.empty()) return;
    const auto full = [&] { return stopping_ || tries_ < wanted_tries_ || pending_.size() >= group_size; };
    wake_.wait_for(lock, group_time, full);
    if (write_group(lock)) continue;
    if (stopping_) return;  // tried once more on the way out; the error is in the log
    wake_.wait_for(lock, retry_time, [&] { return stopping_ || tries_ < wanted_tries_; });
  }
}

}  // namespace topo::discovery
