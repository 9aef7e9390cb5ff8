#include "discovery/engine.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <utility>

#include "topo/audit.h"
#include "topo/inspect/host_names.h"
#include "topo/mysql/pool.h"

namespace topo {
namespace {

constexpr std::size_t base_threads = 8;
constexpr std::chrono::seconds longest_back_off{60};
constexpr std::size_t max_unread = 10'000;
constexpr int back_off_intervals = 5;  // so that a dead instance still counts as recently checked
// How soon a name that now leads to another server is noticed.
constexpr std::chrono::seconds alias_check_interval{60};

std::size_t max_threads(const Configuration& configuration) {
  return static_cast<std::size_t>(std::max(1, configuration.discovery_max_concurrency));
}

}  // namespace

Discovery::Engine::Engine(Context& context)
    : context_(context),
      writer_(context.store().instances(), context.log(), [this](const auto& keys) { vanished(keys); }),
      injected_(context),
      live_lane_([this](const InstanceKey& key, SteadyTime) { poll(key, Patience::brief); }, base_threads,
                 max_threads(context.configuration())),
      slow_lane_([this](const InstanceKey& key, SteadyTime) { poll(key, Patience::full); }, 1,
                 max_threads(context.configuration())),
      new_lane_([this](const InstanceKey& key, SteadyTime) { poll(key, Patience::full); }, base_threads,
                (max_threads(context.configuration()) + 2) / 3),
      refactoring_(context, [this](const std::vector<Instance>& read) { take(read); }) {}

Discovery::Engine::~Engine() {
  stop();
}

void Discovery::Engine::stop() {
  return_watch_.reset();  // while its polls still end
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  injector_.reset();  // while this node is still the active one
  if (continuous_.joinable()) {
    continuous_.request_stop();
    continuous_.join();
  }
  live_lane_.stop();
  slow_lane_.stop();
  new_lane_.stop();
  // Waiters of polls that are still queued.
  std::unordered_map<InstanceKey, Task> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(tasks_);
  }
  const auto reason = std::make_exception_ptr(Error(Code::refused, "The discovery was stopped"));
  for (auto& [key, task] : left) tell(task.waiters, {key, {}, reason});
}

void Discovery::Engine::tell(std::vector<Waiter>& waiters, const PollOutcome& outcome) const {
  for (const auto& waiter : waiters) {
    try {
      waiter(outcome);
    } catch (const std::exception& e) {
      context_.log().error(fmt::format("{}: {}", outcome.key.display(), e.what()));
    }
  }
}

// Runs once; afterwards polls keep the fleet up to date. The backend is read without the lock, which polls
// need.
void Discovery::Engine::load_fleet() {
  {
    const std::lock_guard lock(mutex_);
    if (fleet_.is_loaded()) return;
  }
  auto& instances = context_.store().instances();
  const auto links = instances.read_links();
  const auto aliases = instances.read_aliases();
  auto gtids = instances.read_gtids();
  const std::lock_guard lock(mutex_);
  if (fleet_.is_loaded()) return;
  fleet_.load(links, aliases);
  gtids_.load(std::move(gtids), steady_now());
  received_.load(links, steady_now());
}

std::chrono::nanoseconds Discovery::Engine::back_off(unsigned failures) const {
  const std::chrono::nanoseconds interval = configuration().instance_poll;
  const auto longest =
      std::max(interval, std::min<std::chrono::nanoseconds>(interval * back_off_intervals, longest_back_off));
  const auto doubled = interval * (1 << std::min(failures, 6U)) / 2;
  return std::min(doubled, longest);
}

discovery::Lane& Discovery::Engine::lane_of(const InstanceKey& key, const Task& task) {
  const Member* member = fleet_.find(key);
  if (member == nullptr || !member->stored) return new_lane_;
  return task.failures > 0 || task.slow ? slow_lane_ : live_lane_;
}

void Discovery::Engine::put_in_lane(const InstanceKey& key, const Task& task) {
  lane_of(key, task).schedule(key, task.waiters.empty() ? task.due : SteadyTime{});
}

void Discovery::Engine::poll_at(const InstanceKey& key, SteadyTime due) {
  if (stopping_) return;
  Task& task = tasks_[key];
  task.due = due;
  if (!task.in_flight) put_in_lane(key, task);
}

void Discovery::Engine::poll_now(const InstanceKey& key, Waiter waiter) {
  Task& task = tasks_[key];
  if (waiter) task.waiters.push_back(std::move(waiter));
  poll_at(key, steady_now());
}

// A server named `key` as its master or replica. A new key is polled soon; while servers name it and it does
// not answer, it is polled again, at growing intervals.
void Discovery::Engine::schedule_neighbour(const InstanceKey& key) {
  // A server can make up any number of names.
  if (tasks_.size() > fleet_.members().size() + max_unread && !tasks_.contains(key)) {
    if (!std::exchange(reported_unread_, true)) {
      context_.log().warn(fmt::format(
          "More than {} servers are named by others and were never read; {} and others are ignored",
          max_unread, key.display()));
    }
    return;
  }
  const auto [found, is_new] = tasks_.try_emplace(key);
  found->second.mentioned_at = steady_now();
  if (!is_new || fleet_.find(key) != nullptr) return;
  found->second.periodic = true;
  poll_at(key, steady_now());
}

void Discovery::Engine::drop(const InstanceKey& key) {
  fleet_.remove(key);
  gtids_.remove(key);
  received_.remove(key);
  context_.pool().drop(key);
  const auto task = tasks_.find(key);
  if (task == tasks_.end()) return;
  task->second.periodic = false;
  if (task->second.in_flight || !task->second.waiters.empty()) return;  // removed after the poll
  tasks_.erase(task);
  live_lane_.cancel(key);
  slow_lane_.cancel(key);
  new_lane_.cancel(key);
}

// Each key has its own slot in every interval, derived from the key alone, so that polls are spread over the
// interval and do not drift.
SteadyTime Discovery::Engine::next_slot(const InstanceKey& key) const {
  const std::chrono::nanoseconds interval = configuration().instance_poll;
  // Fibonacci hashing spreads what std::hash leaves close together.
  const auto mixed = static_cast<std::uint64_t>(std::hash<InstanceKey>{}(key)) * 0x9E3779B97F4A7C15ULL;
  const auto phase = std::chrono::nanoseconds(static_cast<std::int64_t>(mixed >> 1U)) % interval;
  const auto since = (steady_now().time_since_epoch() - phase) % interval;
  return steady_now() - since + interval;
}

void Discovery::Engine::reschedule(const InstanceKey& key, Task& task, bool failed) {
  task.in_flight = false;
  task.failures = failed ? task.failures + 1 : 0;
  const Member* member = fleet_.find(key);
  const bool stored = member != nullptr && member->stored;
  const bool is_alias = fleet_.canonical(key) != key;
  if (!task.waiters.empty()) {  // added during the poll; they need a newer read
    poll_at(key, steady_now());
  } else if (polling_ && is_alias) {
    poll_at(key, steady_now() + alias_check_interval);
  } else if (polling_ && (stored || task.periodic)) {
    poll_at(key, failed ? steady_now() + back_off(task.failures) : next_slot(key));
  } else {
    tasks_.erase(key);
  }
}

InstanceKey Discovery::Engine::resolved(const InstanceKey& key) {
  const auto resolution = context_.names().resolve(key);
  if (resolution.problem) context_.log().warn(*resolution.problem);
  load_fleet();
  return resolution.key;
}

KnownInstance Discovery::Engine::refresh(const InstanceKey& given) {
  const auto key = resolved(given);
  auto promise = std::make_shared<std::promise<PollOutcome>>();
  auto future = promise->get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) throw Error(Code::refused, "The discovery is being stopped");
    poll_now(key, [promise](const PollOutcome& outcome) { promise->set_value(outcome); });
  }
  const auto outcome = future.get();
  writer_.flush();
  if (outcome.error) std::rethrow_exception(outcome.error);
  auto known = context_.store().instances().read(outcome.key);
  if (!known)
    throw Error(Code::not_found,
                fmt::format("{} was read, but forgotten at the same time", outcome.key.display()));
  return *known;
}

bool Discovery::Engine::forget(const InstanceKey& key) {
  {
    const std::lock_guard lock(mutex_);
    drop(key);
  }
  try {
    writer_.flush();  // else pending writes would bring it back
  } catch (const Error&) {
    throw Error(Code::backend, fmt::format("Cannot forget {}: the backend accepts no writes", key.display()));
  }
  auto& instances = context_.store().instances();
  const bool was_alias = instances.forget_alias(key);
  const bool known = instances.forget(key) || was_alias;
  if (known) (void)write_audit(context_, "forget", key, "");
  return known;
}

void Discovery::Engine::vanished(const std::vector<InstanceKey>& keys) {
  std::unordered_map<InstanceKey, InstanceKey> aliases;
  try {
    for (auto& [alias, key] : context_.store().instances().read_aliases()) aliases.emplace(alias, key);
  } catch (const Error& error) {
    context_.log().error(error.what());  // aliases are handled when they are written again
  }
  const std::lock_guard lock(mutex_);
  for (const auto& key : keys) {
    if (fleet_.canonical(key) != key) continue;
    drop(key);
    if (const auto alias = aliases.find(key); alias != aliases.end()) {
      fleet_.doubt_alias(key, alias->second);
      if (polling_) poll_at(key, steady_now());
    } else {
      context_.log().info(fmt::format("{} was forgotten by another process", key.display()));
    }
  }
}

DiscoveryStatistics Discovery::Engine::statistics() const {
  const std::lock_guard lock(mutex_);
  auto copy = statistics_;
  copy.instances = tasks_.size();
  for (const auto* lane : {&live_lane_, &slow_lane_, &new_lane_}) {
    copy.queued += lane->overdue();
    copy.threads += lane->threads();
  }
  copy.backend_writes = writer_.transactions();
  return copy;
}

}  // namespace topo
