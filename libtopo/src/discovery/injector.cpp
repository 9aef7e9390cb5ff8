#include "discovery/injector.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

#include "inspect/server_state.h"
#include "topo/mysql/dialect.h"
#include "topo/mysql/pool.h"

namespace topo::discovery {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t base_threads = 4;
constexpr std::size_t max_threads = 64;
// How long a round waits for its injections, so that all masters that answer are recorded together.
constexpr std::chrono::milliseconds patience{500};
constexpr std::chrono::hours reminder_interval{1};

microseconds steady_now() {
  return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

std::uint64_t random_number() {
  std::random_device device;
  constexpr unsigned half = 32;
  return (std::uint64_t{device()} << half) | device();
}

bool is_privilege_missing(const mysql::SqlError& error) {
  constexpr unsigned database_access_denied = 1044, table_access_denied = 1142, access_denied = 1227;
  return error.number() == table_access_denied || error.number() == database_access_denied ||
         error.number() == access_denied;
}

// The server's current facts that matter for an injection.
Instance read_now(mysql::Connection& connection, const InstanceKey& key, seconds lock_wait) {
  // A statement abandoned here must not be executed later, after newer ones.
  const std::vector<std::string> limit{mysql::Dialect::set_lock_wait_timeout(lock_wait)};
  return inspect::read_server_state(
      connection, key, [](const InstanceKey& name) { return name; }, false, limit);
}

}  // namespace

Injector::Injector(Context& context, std::function<bool()> is_active)
    : context_(context),
      is_active_(std::move(is_active)),
      entries_(random_number()),
      lane_([this](const InstanceKey& master, SteadyTime) { inject(master); }, base_threads, max_threads),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Injector::~Injector() {
  thread_.request_stop();
  thread_.join();
  lane_.stop();
  try {
    note_injected();
  } catch (const std::exception& error) {
    context_.log().warn(fmt::format("AutoPseudoGTID: {}", error.what()));
  }
}

void Injector::run(const std::stop_token& stop) {
  const auto interval = context_.configuration().auto_pseudo_gtid_interval;
  while (!stop.stop_requested()) {
    const auto next = std::chrono::steady_clock::now() + interval;
    try {
      const bool is_active = is_active_() && !context_.configuration().read_only;
      if (is_active && !was_active_) begin_being_active();
      was_active_ = is_active;
      if (is_active) {
        begin_round();
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, patience, [&] { return under_way_ == 0; });
      }
      note_injected();
      is_failing_ = false;
    } catch (const std::exception& error) {
      const auto level = std::exchange(is_failing_, true) ? spdlog::level::debug : spdlog::level::err;
      context_.log().log(level, fmt::format("AutoPseudoGTID: {}", error.what()));
    }
    std::unique_lock lock(mutex_);
    // Checks more often until this node is elected, as entries may be missing since the former active node
    // ended.
    const auto until = was_active_ ? next : std::min(next, std::chrono::steady_clock::now() + seconds(1));
    changed_.wait_until(lock, stop, until, [] { return false; });
  }
}

// Entry times start at the backend's clock and advance with the steady clock, so that they do not go back
// when a node whose clock differs takes over.
void Injector::begin_being_active() {
  const auto times = context_.store().pseudo_gtid().times();
  const std::lock_guard lock(mutex_);
  clock_offset_ = times.now - steady_now();
  if (times.last_noted) entries_.go_behind(*times.last_noted + seconds(1));
}

void Injector::begin_round() {
  auto& store = context_.store();
  std::vector<InstanceKey> locked;
  for (const auto& held : store.maintenance().active()) locked.push_back(held.key);
  // An entry on a former master that is writable for a moment would be an errant transaction.
  for (auto& former : store.former_masters().all()) locked.push_back(std::move(former));
  auto targets = injection_targets(store.instances().read_links(), locked);

  const std::lock_guard lock(mutex_);
  std::erase_if(targets_, [](const auto& target) { return !target.second.is_under_way; });
  for (auto& where : targets) {
    const auto key = where.master;
    auto& target = targets_[key];
    target.where = std::move(where);
    if (std::exchange(target.is_under_way, true)) continue;  // since the round before: the master hangs
    ++under_way_;
    lane_.schedule(key, std::chrono::steady_clock::now());
  }
}

void Injector::note_injected() {
  std::vector<std::string> clusters;
  {
    const std::lock_guard lock(mutex_);
    clusters.assign(injected_.begin(), injected_.end());
    injected_.clear();
  }
  context_.store().pseudo_gtid().note_injected(clusters);
}

void Injector::inject(const InstanceKey& master) {
  InjectionTarget target;
  {
    const std::lock_guard lock(mutex_);
    target = targets_.at(master).where;
  }
  bool is_injected = false;
  try {
    is_injected = is_active_() && !context_.configuration().read_only && inject_on(target);
  } catch (const std::exception& error) {
    tell_failure(target, error);
  }
  const std::lock_guard lock(mutex_);
  targets_.at(master).is_under_way = false;
  --under_way_;
  if (is_injected) {
    injected_.insert(target.cluster);
    reported_.erase(target.cluster);
  }
  changed_.notify_all();
}

// The last read may be a minute old, and this account may write despite read_only: the server is read right
// before the injection.
bool Injector::inject_on(const InjectionTarget& target) {
  const auto& configuration = context_.configuration();
  const auto lock_wait =
      std::clamp(configuration.mysql_discovery_read_timeout - seconds(1), seconds(1), seconds(5));
  for (bool again = false;; again = true) {
    auto lease = context_.pool().acquire(target.master);
    try {
      const auto now = read_now(*lease, target.master, lock_wait);
      const bool is_master = target.is_co_master || !now.is_replica();
      if (now.read_only || !now.log_bin || !is_master) return false;
      lease->query(next_entry());
      return true;
    } catch (const mysql::SqlError& error) {
      if (!error.connection_lost()) throw;
      lease.spoil();
      // An idle connection may have been closed, which says nothing about the server.
      if (!lease.reused() || error.code() == Code::timeout || again) throw;
      context_.pool().drop(target.master);
    }
  }
}

std::string Injector::next_entry() {
  const std::lock_guard lock(mutex_);
  return entries_.next(steady_now() + clock_offset_);
}

void Injector::tell_failure(const InjectionTarget& target, const std::exception& error) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    const auto [reported, is_first] = reported_.try_emplace(target.cluster, now);
    if (!is_first && now - reported->second < reminder_interval) return;
    reported->second = now;
  }
  const auto* refused = dynamic_cast<const mysql::SqlError*>(&error);
  const auto advice =
      refused != nullptr && is_privilege_missing(*refused)
          ? fmt::format("; it needs GRANT DROP ON _pseudo_gtid_.* TO '{}'@'...', on that server",
                        context_.configuration().mysql_topology_user)
          : std::string();
  context_.log().warn(fmt::format("AutoPseudoGTID cannot inject entries to cluster {}: {}{}", target.cluster,
                                  error.what(), advice));
}

}  // namespace topo::discovery
