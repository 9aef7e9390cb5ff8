#include "store/memory.h"

#include <algorithm>

namespace topo::store {
namespace {

// The row of an instance that was never read.
KnownInstance unread(const InstanceKey& key) {
  KnownInstance known;
  known.instance.key = key;
  known.instance.version = "Unknown";
  known.instance.cluster_name = key.display();
  return known;
}

void add_age(std::optional<std::chrono::seconds>& age, SteadyTime as_of) {
  if (age) *age += std::chrono::floor<std::chrono::seconds>(steady_now() - as_of);
}

void add_age(std::optional<ReplacedMaster>& replaced, SteadyTime as_of) {
  if (replaced) replaced->age += std::chrono::floor<std::chrono::seconds>(steady_now() - as_of);
}

}  // namespace

void Memory::update(std::vector<KnownInstance> all) {
  const std::lock_guard lock(mutex_);
  instances_.clear();
  complete_since_ = steady_now();
  for (auto& known : all) {
    auto key = known.instance.key;
    instances_.insert_or_assign(std::move(key), Remembered{std::move(known), complete_since_});
  }
}

void Memory::update(std::span<const InstanceWrite> writes) {
  const std::lock_guard lock(mutex_);
  if (complete_since_ == SteadyTime{}) return;
  for (const auto& write : writes) std::visit([this](const auto& one) { take(one, steady_now()); }, write);
}

void Memory::take(const SeenInstance& seen, SteadyTime at) {
  auto& [known, as_of] = instances_[seen.instance.key];
  add_age(known.replaced, as_of);
  known.instance = seen.instance;
  known.since_last_checked = known.since_last_seen = std::chrono::seconds(0);
  known.last_check_valid = true;
  known.last_check_error.clear();
  known.last_check_failure = ReadFailure::none;
  as_of = at;
}

void Memory::take(const FailedInstance& failed, SteadyTime at) {
  const auto found = instances_.find(failed.key);
  if (found == instances_.end()) return;
  auto& [known, as_of] = found->second;
  add_age(known.since_last_seen, as_of);
  add_age(known.replaced, as_of);
  known.since_last_checked = std::chrono::seconds(0);
  known.last_check_valid = false;
  known.last_check_error = failed.error;
  known.last_check_failure = failed.failure;
  as_of = at;
}

void Memory::take(const UnseenMaster& unseen, SteadyTime at) {
  instances_.try_emplace(unseen.key, Remembered{unread(unseen.key), at});
}

void Memory::take(const ClusterAssignment& assigned, SteadyTime) {
  const auto found = instances_.find(assigned.key);
  if (found == instances_.end()) return;
  auto& instance = found->second.known.instance;
  instance.cluster_name = assigned.cluster_name;
  instance.replication_depth = assigned.replication_depth;
  instance.is_co_master = assigned.is_co_master;
}

void Memory::forget(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  instances_.erase(key);
}

void Memory::update(const std::vector<ClusterInfo>& clusters) {
  const std::lock_guard lock(mutex_);
  aliases_.clear();
  for (const auto& one : clusters) aliases_[one.cluster_name] = one.cluster_alias;
}

void Memory::update(const std::vector<Maintenance>& locks) {
  const std::lock_guard lock(mutex_);
  locks_ = locks;
}

bool Memory::is_complete() const {
  return complete_since() != SteadyTime{};
}

SteadyTime Memory::complete_since() const {
  const std::lock_guard lock(mutex_);
  return complete_since_;
}

std::vector<KnownInstance> Memory::instances(const Filter& filter) const {
  std::vector<KnownInstance> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, remembered] : instances_) {
    if (filter && !filter(remembered.known.instance)) continue;
    auto& known = all.emplace_back(remembered.known);
    add_age(known.since_last_checked, remembered.as_of);
    add_age(known.since_last_seen, remembered.as_of);
    add_age(known.replaced, remembered.as_of);
  }
  return all;
}

std::vector<ClusterInfo> Memory::clusters() const {
  std::map<std::string, ClusterInfo> by_name;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, remembered] : instances_) {
    const auto& instance = remembered.known.instance;
    auto& info = by_name[instance.cluster_name];
    ++info.count_instances;
    info.max_lag = std::max(info.max_lag, instance.slave_lag);
  }
  std::vector<ClusterInfo> infos;
  for (auto& [name, info] : by_name) {
    info.cluster_name = name;
    if (const auto alias = aliases_.find(name); alias != aliases_.end()) info.cluster_alias = alias->second;
    infos.push_back(std::move(info));
  }
  return infos;
}

std::vector<Maintenance> Memory::locks() const {
  const std::lock_guard lock(mutex_);
  return locks_;
}

}  // namespace topo::store
