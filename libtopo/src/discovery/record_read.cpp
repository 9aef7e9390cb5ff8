// Stores what operations have read from the servers that they changed.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "discovery/engine.h"

namespace topo {
namespace {

// An operation reads fewer facts than a poll. If it has no lag by SlaveLagQuery, the last one stays.
Instance completed(Instance read, const Instance& known, bool has_lag_query) {
  const auto* channel = read.replication();
  if (!has_lag_query)
    read.slave_lag = channel == nullptr ? std::nullopt : channel->seconds_behind_master;
  else if (!read.slave_lag)
    read.slave_lag = known.slave_lag;
  read.uptime = known.uptime;
  read.replica_hosts = known.replica_hosts;
  read.long_queries = known.long_queries;
  read.using_pseudo_gtid = known.using_pseudo_gtid;
  read.data_center = known.data_center;
  read.physical_environment = known.physical_environment;
  read.suggested_cluster_alias = known.suggested_cluster_alias;
  read.warnings = known.warnings;
  return read;
}

}  // namespace

// The operation may just have proven that its master's name leads to a known instance.
bool Discovery::Engine::has_new_name(const Instance& instance) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(instance.channels, [this](const auto& channel) {
    const auto& reported = channel.reported_master;
    return reported && reported != channel.master && fleet_.canonical(*reported) == reported;
  });
}

void Discovery::Engine::take(const std::vector<Instance>& read) {
  std::map<InstanceKey, Instance> taken;
  std::vector<std::pair<InstanceKey, std::optional<InstanceKey>>> moved;  // and the former master
  for (const auto& instance : read) {
    const auto stored = context_.store().instances().read(instance.key);
    if (!stored) continue;  // forgotten meanwhile
    const auto former = stored->instance.master_key();
    if (former != instance.master_key()) moved.emplace_back(instance.key, former);
    taken.insert_or_assign(instance.key,
                           completed(instance, stored->instance, !configuration().slave_lag_query.empty()));
  }
  // Servers list their replicas. The next poll updates the lists of servers that were not read.
  for (const auto& [key, former] : moved) {
    const auto taken_at = [&](const std::optional<InstanceKey>& master) {
      return master ? taken.find(*master) : taken.end();
    };
    if (const auto above = taken_at(former); above != taken.end())
      std::erase(above->second.replica_hosts, key);
    if (const auto above = taken_at(taken.at(key).master_key()); above != taken.end())
      above->second.replica_hosts.push_back(key);
  }
  load_fleet();
  if (std::ranges::any_of(taken, [this](const auto& one) { return has_new_name(one.second); }))
    adopt_aliases_of_store();
  for (auto& [key, instance] : taken) {
    PollOutcome outcome{key, {}, nullptr};
    record_read(std::move(instance), std::nullopt, outcome);
  }
  // The caller of the operation has been waiting already; the next poll reads the server again.
  constexpr std::chrono::seconds patience{3};
  writer_.flush(std::chrono::steady_clock::now() + patience);
}

}  // namespace topo
