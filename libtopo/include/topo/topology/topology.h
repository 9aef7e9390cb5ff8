// Topology: derived from a set of instances: masters and replicas, the roots of the trees, missing masters.
// Built once, const afterwards; linear in the number of instances.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/model/instance.h"
#include "topo/topology/status.h"

namespace topo {

class Topology {
 public:
  // `instances` in any order; of several with the same key, the first is used.
  explicit Topology(std::vector<KnownInstance> instances);

  // Ordered by host name and port.
  [[nodiscard]] const std::vector<KnownInstance>& instances() const noexcept { return instances_; }
  // nullptr: not among the instances.
  [[nodiscard]] const KnownInstance* find(const InstanceKey& key) const;
  // nullptr: not a replica, or its master is not among the instances.
  [[nodiscard]] const KnownInstance* master_of(const KnownInstance& known) const;
  // Its master, if that master replicates from it; else nullptr.
  [[nodiscard]] const KnownInstance* co_master_of(const KnownInstance& known) const;
  // The members of the ring of three or more masters that contains the instance, each replicating from the
  // previous one and the first from the last. The first is the member that the cluster is named after, else
  // the first by key. Empty: not in a ring.
  [[nodiscard]] const std::vector<const KnownInstance*>& ring_of(const KnownInstance& known) const;
  // Direct replicas among the instances, ordered.
  [[nodiscard]] std::vector<const KnownInstance*> replicas_of(const KnownInstance& known) const;
  // Replicas of another master that also replicate from it, on a channel beside their main one; ordered.
  // Looks at all instances.
  [[nodiscard]] std::vector<const KnownInstance*> side_replicas_of(const KnownInstance& known) const;
  // The roots of the printed trees: each instance whose master is not among the instances, and of each ring
  // of masters (co-masters) the member that the cluster is named after, else the first by key.
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

// One line per instance, depth first, joined by newlines without a final one: two blanks per level, "+ " for
// a replica whose threads run or "- " for one whose threads do not, its key, its description. The members of
// a ring of masters are printed as roots, one after the other, each with its own other replicas. In a ring of
// three or more, each member follows its master and shows its position: "ring:2/3".
[[nodiscard]] std::string ascii_tree(const Topology& topology, const StatusLimits& limits);

}  // namespace topo
