#include "topo/topology/topology.h"

#include <algorithm>
#include <unordered_set>

namespace topo {
namespace {

bool by_key(const KnownInstance& a, const KnownInstance& b) {
  return a.instance.key < b.instance.key;
}

constexpr std::size_t none = static_cast<std::size_t>(-1);

}  // namespace

Topology::Topology(std::vector<KnownInstance> instances) : instances_(std::move(instances)) {
  std::stable_sort(instances_.begin(), instances_.end(), by_key);
  const auto repeats = std::unique(instances_.begin(), instances_.end(), [](const auto& a, const auto& b) {
    return a.instance.key == b.instance.key;
  });
  instances_.erase(repeats, instances_.end());

  index_.reserve(instances_.size());
  for (std::size_t i = 0; i < instances_.size(); ++i) index_.emplace(instances_[i].instance.key, i);

  replicas_.resize(instances_.size());
  std::vector<std::size_t> master(instances_.size(), none);
  for (std::size_t i = 0; i < instances_.size(); ++i) {
    const auto key = instances_[i].instance.master_key();
    const auto found = index_.find(key);
    if (!key.valid() || found == index_.end() || found->second == i) continue;
    master[i] = found->second;
    replicas_[found->second].push_back(i);
  }

  // Upwards from each instance until a tree's top or a ring is met; each instance is passed once.
  enum class Mark : unsigned char { unseen, on_path, done };
  std::vector<Mark> marks(instances_.size(), Mark::unseen);
  for (std::size_t start = 0; start < instances_.size(); ++start) {
    std::size_t i = start;
    std::vector<std::size_t> path;
    while (marks[i] == Mark::unseen) {
      marks[i] = Mark::on_path;
      path.push_back(i);
      if (master[i] == none) {
        roots_.push_back(&instances_[i]);
        break;
      }
      i = master[i];
    }
    if (marks[i] == Mark::on_path && master[i] != none) {  // a ring: from i onwards along the path
      std::size_t head = i;
      for (auto member = std::find(path.begin(), path.end(), i); member != path.end(); ++member) {
        const auto& candidate = instances_[*member].instance;
        const auto& best = instances_[head].instance;
        const bool names_it = candidate.cluster_name == candidate.key.display();
        const bool best_names_it = best.cluster_name == best.key.display();
        if (names_it != best_names_it ? names_it : candidate.key < best.key) head = *member;
      }
      roots_.push_back(&instances_[head]);
    }
    for (const auto passed : path) marks[passed] = Mark::done;
  }
  std::sort(roots_.begin(), roots_.end(), [](const auto* a, const auto* b) { return by_key(*a, *b); });
}

const KnownInstance* Topology::find(const InstanceKey& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &instances_[found->second];
}

const KnownInstance* Topology::master_of(const KnownInstance& known) const {
  const auto key = known.instance.master_key();
  return key.valid() ? find(key) : nullptr;
}

const KnownInstance* Topology::co_master_of(const KnownInstance& known) const {
  const auto* master = master_of(known);
  return master != nullptr && master->instance.master_key() == known.instance.key ? master : nullptr;
}

std::vector<const KnownInstance*> Topology::replicas_of(const KnownInstance& known) const {
  std::vector<const KnownInstance*> replicas;
  const auto found = index_.find(known.instance.key);
  if (found == index_.end()) return replicas;
  replicas.reserve(replicas_[found->second].size());
  for (const auto i : replicas_[found->second]) replicas.push_back(&instances_[i]);
  return replicas;
}

namespace {

void append_line(std::string& text, const KnownInstance& known, std::size_t depth,
                 const StatusLimits& limits) {
  if (!text.empty()) text += '\n';
  if (depth > 0) {
    text.append(2 * (depth - 1), ' ');
    text += known.instance.replica_running() ? "+ " : "- ";
  }
  text += known.instance.key.display();
  text += ' ';
  text += describe(known, limits);
}

// The members of the ring that `root` is in, from it along the masters; just `root` when it is in none.
std::vector<const KnownInstance*> ring_of(const Topology& topology, const KnownInstance& root) {
  std::vector<const KnownInstance*> ring{&root};
  for (const auto* next = topology.master_of(root); next != nullptr && next != &root;
       next = topology.master_of(*next)) {
    ring.push_back(next);
  }
  return ring;
}

}  // namespace

std::string ascii_tree(const Topology& topology, const StatusLimits& limits) {
  struct Pending {
    const KnownInstance* known;
    std::size_t depth;
  };
  std::string text;
  for (const auto* root : topology.roots()) {
    const auto ring = ring_of(topology, *root);
    const std::unordered_set<const KnownInstance*> in_ring(ring.begin(), ring.end());
    for (const auto* top : ring) {
      // An explicit stack: a chain may be as long as there are servers.
      std::vector<Pending> pending{{top, 0}};
      while (!pending.empty()) {
        const auto [known, depth] = pending.back();
        pending.pop_back();
        append_line(text, *known, depth, limits);
        const auto replicas = topology.replicas_of(*known);
        for (auto replica = replicas.rbegin(); replica != replicas.rend(); ++replica) {
          if (!in_ring.contains(*replica)) pending.push_back({*replica, depth + 1});
        }
      }
    }
  }
  return text;
}

}  // namespace topo
