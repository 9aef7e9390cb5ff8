#include "topo/topology/topology.h"

#include <fmt/format.h>

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
    const auto found = key ? index_.find(*key) : index_.end();
    if (found == index_.end() || found->second == i) continue;
    master[i] = found->second;
    replicas_[found->second].push_back(i);
  }

  find_roots(master);
}

// Walks upwards from each instance to the root of its tree or into a ring; visits each instance once.
void Topology::find_roots(const std::vector<std::size_t>& masters) {
  enum class Mark : unsigned char { unseen, on_path, done };
  std::vector<Mark> marks(instances_.size(), Mark::unseen);
  for (std::size_t start = 0; start < instances_.size(); ++start) {
    std::size_t i = start;
    std::vector<std::size_t> path;
    while (marks[i] == Mark::unseen) {
      marks[i] = Mark::on_path;
      path.push_back(i);
      if (masters[i] == none) {
        roots_.push_back(&instances_[i]);
        break;
      }
      i = masters[i];
    }
    if (marks[i] == Mark::on_path && masters[i] != none) {  // a ring: from i onwards along the path
      auto ring = ring_from({std::find(path.begin(), path.end(), i), path.end()});
      roots_.push_back(ring.front());
      if (ring.size() > 2) {
        for (const auto* member : ring) ring_of_.emplace(member, rings_.size());
        rings_.push_back(std::move(ring));
      }
    }
    for (const auto passed : path) marks[passed] = Mark::done;
  }
  std::sort(roots_.begin(), roots_.end(), [](const auto* a, const auto* b) { return by_key(*a, *b); });
}

// `path` goes upwards, the ring downwards from its head.
std::vector<const KnownInstance*> Topology::ring_from(const std::vector<std::size_t>& path) const {
  std::vector<const KnownInstance*> ring;
  for (auto member = path.rbegin(); member != path.rend(); ++member) ring.push_back(&instances_[*member]);
  const auto names_it = [](const KnownInstance* known) {
    return known->instance.cluster_name == known->instance.key.display();
  };
  const auto head = std::min_element(ring.begin(), ring.end(), [&](const auto* a, const auto* b) {
    return names_it(a) != names_it(b) ? names_it(a) : by_key(*a, *b);
  });
  std::rotate(ring.begin(), head, ring.end());
  return ring;
}

const KnownInstance* Topology::find(const InstanceKey& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &instances_[found->second];
}

const KnownInstance* Topology::master_of(const KnownInstance& known) const {
  const auto key = known.instance.master_key();
  return key ? find(*key) : nullptr;
}

const KnownInstance* Topology::co_master_of(const KnownInstance& known) const {
  const auto* master = master_of(known);
  return master != nullptr && master->instance.master_key() == known.instance.key ? master : nullptr;
}

const std::vector<const KnownInstance*>& Topology::ring_of(const KnownInstance& known) const {
  static const std::vector<const KnownInstance*> none_at_all;
  const auto found = ring_of_.find(find(known.instance.key));
  return found == ring_of_.end() ? none_at_all : rings_[found->second];
}

std::vector<const KnownInstance*> Topology::replicas_of(const KnownInstance& known) const {
  std::vector<const KnownInstance*> replicas;
  const auto found = index_.find(known.instance.key);
  if (found == index_.end()) return replicas;
  replicas.reserve(replicas_[found->second].size());
  for (const auto i : replicas_[found->second]) replicas.push_back(&instances_[i]);
  return replicas;
}

std::vector<const KnownInstance*> Topology::side_replicas_of(const KnownInstance& known) const {
  std::vector<const KnownInstance*> replicas;
  for (const auto& one : instances_)
    if (one.instance.is_side_replica_of(known.instance.key)) replicas.push_back(&one);
  return replicas;
}

namespace {

void append_line(std::string& text, const KnownInstance& known, std::size_t depth, const StatusLimits& limits,
                 std::string_view ring) {
  if (!text.empty()) text += '\n';
  if (depth > 0) {
    text.append(2 * (depth - 1), ' ');
    text += known.instance.replica_running() ? "+ " : "- ";
  }
  text += known.instance.key.display();
  text += ' ';
  text += describe(known, limits, ring);
}

// The instances printed as roots for `root`: the members of the ring that it heads, or itself alone.
std::vector<const KnownInstance*> tops_of(const Topology& topology, const KnownInstance& root) {
  if (const auto& ring = topology.ring_of(root); !ring.empty()) return ring;
  if (const auto* other = topology.co_master_of(root); other != nullptr && other != &root)
    return {&root, other};
  return {&root};
}

}  // namespace

std::string ascii_tree(const Topology& topology, const StatusLimits& limits) {
  struct Pending {
    const KnownInstance* known;
    std::size_t depth;
  };
  std::string text;
  for (const auto* root : topology.roots()) {
    const auto tops = tops_of(topology, *root);
    const std::unordered_set<const KnownInstance*> are_tops(tops.begin(), tops.end());
    for (std::size_t i = 0; i < tops.size(); ++i) {
      const auto ring = tops.size() > 2 ? fmt::format("ring:{}/{}", i + 1, tops.size()) : "";
      // An explicit stack: the tree may be as deep as there are servers.
      std::vector<Pending> pending{{tops[i], 0}};
      while (!pending.empty()) {
        const auto [known, depth] = pending.back();
        pending.pop_back();
        append_line(text, *known, depth, limits, depth == 0 ? ring : "");
        const auto replicas = topology.replicas_of(*known);
        for (auto replica = replicas.rbegin(); replica != replicas.rend(); ++replica) {
          if (!are_tops.contains(*replica)) pending.push_back({*replica, depth + 1});
        }
      }
    }
  }
  return text;
}

}  // namespace topo
