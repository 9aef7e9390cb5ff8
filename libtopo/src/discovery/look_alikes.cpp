#include "discovery/look_alikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace topo::discovery {
namespace {

constexpr std::array all_marks{&Marks::identity, &Marks::server_uuid, &Marks::id_in_cluster, &Marks::alias};

}  // namespace

std::string identity_mark(const std::string& hostname, std::uint16_t port, std::uint32_t server_id,
                          const std::string& server_uuid) {
  return hostname.empty() ? "" : fmt::format("identity {}|{}|{}|{}", server_uuid, server_id, port, hostname);
}

std::string uuid_mark(const std::string& server_uuid) {
  return server_uuid.empty() ? "" : "uuid " + server_uuid;
}

std::string id_mark(std::uint32_t server_id, const std::string& cluster_name) {
  return server_id == 0 ? "" : fmt::format("id {}|{}", server_id, cluster_name);
}

std::string alias_mark(const std::string& alias) {
  return alias.empty() ? "" : "alias " + alias;
}

void LookAlikes::set(const InstanceKey& key, Marks marks) {
  auto& former = marks_[key];
  for (const auto mark : all_marks) {
    if (former.*mark == marks.*mark) continue;
    take(former.*mark, key);
    add(marks.*mark, key);
  }
  former = std::move(marks);
}

void LookAlikes::remove(const InstanceKey& key) {
  const auto found = marks_.find(key);
  if (found == marks_.end()) return;
  for (const auto mark : all_marks) take(found->second.*mark, key);
  marks_.erase(found);
}

void LookAlikes::clear() {
  marks_.clear();
  by_mark_.clear();
}

const std::vector<InstanceKey>& LookAlikes::with(const std::string& mark) const {
  static const std::vector<InstanceKey> nobody;
  const auto found = by_mark_.find(mark);
  return mark.empty() || found == by_mark_.end() ? nobody : found->second;
}

void LookAlikes::add(const std::string& mark, const InstanceKey& key) {
  if (mark.empty()) return;
  auto& keys = by_mark_[mark];
  keys.insert(std::lower_bound(keys.begin(), keys.end(), key), key);
}

void LookAlikes::take(const std::string& mark, const InstanceKey& key) {
  const auto found = by_mark_.find(mark);
  if (mark.empty() || found == by_mark_.end()) return;
  std::erase(found->second, key);
  if (found->second.empty()) by_mark_.erase(found);
}

}  // namespace topo::discovery
