// ClusterStore: names and aliases of clusters. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/instance_key.h"

namespace topo {

struct ClusterInfo {
  std::string cluster_name;
  std::string cluster_alias;  // "": it has none
  unsigned count_instances = 0;
  std::optional<std::chrono::seconds> max_lag{};  // Instance::slave_lag; nullopt: no lag is known
  friend bool operator==(const ClusterInfo&, const ClusterInfo&) = default;
};

class ClusterStore {
 public:
  virtual ~ClusterStore() = default;
  virtual std::vector<std::string> names() = 0;  // ordered
  // With effective aliases: the backend's, or else the first pattern of ClusterNameToAlias that matches.
  virtual std::vector<ClusterInfo> infos() = 0;
  virtual std::optional<std::string> cluster_of_alias(std::string_view alias) = 0;
  // Replaces the ClusterNameToAlias patterns with which the store was opened.
  virtual void use_patterns(const std::map<std::string, std::string>& alias_by_pattern) = 0;
  // A user gives the alias to this cluster; a cluster that has the alias loses it. "" removes the cluster's
  // alias. Throws Error{invalid_argument} for names of more than 128 characters.
  virtual void set_alias(std::string_view cluster_name, std::string_view alias) = 0;
  // The head of the cluster answered DetectClusterAliasQuery with the alias. Returns the name of the cluster
  // that has the alias now: another cluster keeps it while its head answers, if set_alias() gave it or if its
  // head answers the same. A cluster keeps an alias that set_alias() gave. Throws as set_alias().
  virtual std::string detect_alias(std::string_view cluster_name, std::string_view alias) = 0;
  // The head of the cluster answered no alias: removes the alias it had answered before. An alias that a user
  // gave stays.
  virtual void withdraw_alias(std::string_view cluster_name) = 0;
  // The master of the cluster `from` was replaced, so that the cluster is named `to` now: its effective alias
  // becomes that of `to`, unless a user gave `to` another one.
  virtual void pass_alias(std::string_view from, std::string_view to) = 0;
};

}  // namespace topo
