// Topology: what follows from a set of instances: who replicates from whom, where each tree begins, which
// masters are missing. Built once, const ever after; linear in the number of instances.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/topology/instance.h"
#include "topo/topology/status.h"

namespace topo {

class Topology {
 public:
  // In any order; of several with one key the first counts.
  explicit Topology(std::vector<KnownInstance> instances);

  // Ordered by host name and port.
  [[nodiscard]] const std::vector<KnownInstance>& instances() const noexcept { return instances_; }
  // nullptr: not among the instances.
  [[nodiscard]] const KnownInstance* find(const InstanceKey& key) const;
  // nullptr: not a replica, or its master is not among the instances.
  [[nodiscard]] const KnownInstance* master_of(const KnownInstance& known) const;
  // Its master, when that replicates from it; else nullptr.
  [[nodiscard]] const KnownInstance* co_master_of(const KnownInstance& known) const;
  // The members of the ring of three or more masters that it is in, each replicating from the one before it
  // and the first from the last; it begins with the one that the cluster is named after, else the first by
  // key. Empty: it is in none.
  [[nodiscard]] const std::vector<const KnownInstance*>& ring_of(const KnownInstance& known) const;
  // Direct replicas among the instances, ordered.
  [[nodiscard]] std::vector<const KnownInstance*> replicas_of(const KnownInstance& known) const;
  // Where printing begins: each instance whose master is not among the instances, and of each ring of
  // masters (co-masters) the one that the cluster is named after, else its first.
  [[nodiscard]] const std::vector<const KnownInstance*>& roots() const noexcept { return roots_; }

 private:
  std::vector<KnownInstance> instances_;
  std::unordered_map<InstanceKey, std::size_t> index_;
  void find_roots(const std::vector<std::size_t>& masters);
  [[nodiscard]] std::vector<const KnownInstance*> ring_from(const std::vector<std::size_t>& path) const;

  std::vector<std::vector<std::size_t>> replicas_;
  std::vector<const KnownInstance*> roots_;
  std::vector<std::vector<const KnownInstance*>> rings_;
  std::unordered_map<const KnownInstance*, std::size_t> ring_of_;  // into rings_
};

// One line an instance, depth first, joined by newlines, without a final one: two blanks a level, "+ " before
// a replica whose threads run and "- " before one whose do not, its key, its description. The members of a
// ring of masters are printed as roots, one after the other, each with its own other replicas; of three or
// more each below the one that it replicates from, with its place: "ring:2/3".
[[nodiscard]] std::string ascii_tree(const Topology& topology, const StatusLimits& limits);

}  // namespace topo
