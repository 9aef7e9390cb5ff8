// The continuous loop: election, syncing the schedule with the store, forgetting and purging.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/shown_text.h"
#include "discovery/engine.h"
#include "topo/audit.h"
#include "topo/inspect/host_names.h"
#include "topo/mysql/pool.h"

namespace topo {
namespace {

constexpr std::chrono::minutes tidy_interval{1};
constexpr std::chrono::hours places_kept{24};
constexpr std::chrono::hours injections_kept{7 * 24};

}  // namespace

void Discovery::Engine::start_continuous(const NodeIdentity& node) {
  const std::lock_guard lock(mutex_);
  if (continuous_.joinable()) return;
  node_ = node;
  continuous_ = std::jthread([this](const std::stop_token& stop) { run_continuous(stop); });
  if (configuration().auto_pseudo_gtid)
    injector_ = std::make_unique<discovery::Injector>(context_, [this] { return active_.load(); });
  return_watch_ = std::make_unique<discovery::ReturnWatch>(
      context_, [this] { return active_.load(); }, [this](const InstanceKey& key) { return refresh(key); },
      refactoring_, node.hostname);
}

void Discovery::Engine::warn_of_unusable_rows() {
  const auto rows = context_.store().instances().unusable();
  if (rows.empty()) return;
  context_.log().warn(
      fmt::format("The backend has {} invalid host names, such as \"{}\"; they are not used. "
                  "See invalid-instances, and forget-invalid-instances to remove them",
                  rows.size(), shown_text(rows.front().text())));
}

void Discovery::Engine::run_continuous(const std::stop_token& stop) {
  std::mutex sleeping;
  std::condition_variable_any wake;
  auto next_tidy = std::chrono::steady_clock::now();
  auto interval = configuration().instance_poll;
  try {
    warn_of_unusable_rows();
  } catch (const std::exception& e) {
    context_.log().error(fmt::format("Continuous discovery: {}", e.what()));
  }
  while (!stop.stop_requested()) {
    try {
      elect();
      if (active_) sync_with_store();
      const auto former = std::exchange(interval, configuration().instance_poll);
      if (interval < former) poll_at_next_slots();
      if (std::chrono::steady_clock::now() >= next_tidy) {
        next_tidy = std::chrono::steady_clock::now() + tidy_interval;
        tidy();
      }
    } catch (const std::exception& e) {
      context_.log().error(fmt::format("Continuous discovery: {}", e.what()));
      // Another node, if there is one, has taken over by now. Polling continues, as no election can confirm
      // it.
      const std::lock_guard lock(mutex_);
      if (std::chrono::steady_clock::now() - elected_at_ > configuration().active_node_expire)
        set_active(false);
    }
    std::unique_lock lock(sleeping);
    wake.wait_for(lock, stop, configuration().discovery_poll, [] { return false; });
  }
  try {
    if (active_) context_.store().nodes().resign(node_.hostname, node_.token);
  } catch (const std::exception& e) {
    context_.log().warn(fmt::format("Cannot resign as the active node: {}", e.what()));
  }
}

void Discovery::Engine::elect() {
  const bool elected = context_.store().nodes().attempt_election(node_.hostname, node_.token,
                                                                 configuration().active_node_expire);
  if (elected) elected_at_ = std::chrono::steady_clock::now();
  if (elected && !polling_) {
    // Before polling begins, as it may fail: then the next election retries it. And without the lock.
    auto& instances = context_.store().instances();
    const auto links = instances.read_links();
    const auto aliases = instances.read_aliases();
    auto gtids = instances.read_gtids();
    instances.remember_all();
    context_.names().load_all();
    const std::lock_guard lock(mutex_);
    fleet_.load(links, aliases);
    gtids_.load(std::move(gtids), steady_now());
    received_.load(links, steady_now());
  }
  const std::lock_guard lock(mutex_);
  set_active(elected);
  set_polling(elected);
}

void Discovery::Engine::set_active(bool active) {
  if (active == active_) return;
  active_ = active;
  context_.log().info(fmt::format("This node is {} the active one", active ? "now" : "no longer"));
}

void Discovery::Engine::set_polling(bool polling) {
  if (polling == polling_) return;
  polling_ = polling;
  if (polling) {
    schedule_all();
    return;
  }
  context_.pool().drop_all();
  live_lane_.clear();
  slow_lane_.clear();
  new_lane_.clear();
  // Only keys with waiters are still polled.
  std::erase_if(tasks_,
                [](const auto& task) { return !task.second.in_flight && task.second.waiters.empty(); });
  for (auto& [key, task] : tasks_) {
    if (!task.in_flight) put_in_lane(key, task);
  }
}

void Discovery::Engine::schedule_all() {
  for (const auto& [key, member] : fleet_.members()) {
    if (!tasks_.contains(key)) poll_at(key, next_slot(key));
  }
  for (const auto& [name, alias] : fleet_.aliases()) {
    if (!tasks_.contains(name)) poll_at(name, next_slot(name));
  }
}

// After the interval was shortened: due times of the former interval would be too late.
void Discovery::Engine::poll_at_next_slots() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, task] : tasks_) {
    if (!task.in_flight && task.failures == 0 && fleet_.find(key) != nullptr) poll_at(key, next_slot(key));
  }
}

// Other processes add, change and forget instances, too.
void Discovery::Engine::sync_with_store() {
  const auto began = std::chrono::steady_clock::now();
  writer_.flush();
  const auto links = context_.store().instances().read_links();
  std::unordered_set<InstanceKey> stored;
  stored.reserve(links.size());
  for (const auto& link : links) stored.insert(link.key);

  const std::lock_guard lock(mutex_);
  std::vector<InstanceKey> gone;
  for (const auto& [key, member] : fleet_.members()) {
    if (member.stored && member.stored_since < began && !stored.contains(key)) gone.push_back(key);
  }
  for (const auto& key : gone) drop(key);
  for (const auto& link : links) {
    if (fleet_.canonical(link.key) != link.key) {
      settle_alias_with_row(link.key);
    } else if (fleet_.find(link.key) == nullptr) {
      // Its replicas are in its cluster, whether it can still be read or not.
      fleet_.add(link);
      if (!tasks_.contains(link.key)) poll_at(link.key, std::chrono::steady_clock::now());
    }
  }
  // Without this, polls would store places that follow from what was read here before an operation of another
  // process changed the topology, until each of its servers has had its turn.
  auto adopted = fleet_.adopt(links, began);
  for (auto& assignment : adopted.changed) writer_.add(std::move(assignment));
  if (!polling_) return;
  for (const auto& key : adopted.keys) poll_at(key, std::chrono::steady_clock::now());
}

void Discovery::Engine::tidy() {
  auto& store = context_.store();
  store.nodes().report_health(node_.hostname, node_.token, node_.command, node_.version);
  if (!active_) {
    store.instances().remember_all();
    context_.names().load_all();
    return;
  }
  for (const auto& key : store.instances().forget_unseen(configuration().unseen_instance_forget)) {
    context_.log().info(fmt::format("{} was not seen for {} hours: forgotten", key.display(),
                                    configuration().unseen_instance_forget.count()));
    (void)write_audit(context_, "forget", key, "not seen for too long");
    const std::lock_guard lock(mutex_);
    drop(key);
  }
  for (const auto& key : store.maintenance().expire())
    (void)write_audit(context_, "expire-maintenance", key, "expired");
  end_what_came_to_nothing(store);
  store.maintenance().purge(configuration().maintenance_purge);
  store.recoveries().expire(configuration().recovery_period_block);
  store.coordinates().purge(places_kept);
  if (configuration().auto_pseudo_gtid) store.pseudo_gtid().purge(injections_kept);
  store.names().expire(2 * configuration().expiry_hostname_resolves);
  store.instances().expire_aliases(configuration().expiry_hostname_resolves);
  adopt_aliases_of_store();
}

}  // namespace topo
