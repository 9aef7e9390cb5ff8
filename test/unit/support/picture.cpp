#include "support/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "topo/topology/cluster.h"

namespace picture {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Drawn {
  std::vector<std::string> names;              // in order
  std::map<std::string, std::string> masters;  // replica to master
};

Drawn draw(std::string_view picture) {
  Drawn drawn;
  for (const auto path : split(picture, ',')) {
    std::string above;
    for (const auto part : split(path, '>')) {
      const bool is_unknown = part.starts_with('(');
      const std::string name(is_unknown ? part.substr(1, part.size() - 2) : part);
      if (!is_unknown && std::find(drawn.names.begin(), drawn.names.end(), name) == drawn.names.end())
        drawn.names.push_back(name);
      if (!above.empty() && drawn.masters.emplace(name, above).first->second != above)
        throw std::runtime_error(fmt::format("{} has two masters", name));
      above = name;
    }
  }
  return drawn;
}

// The topmost known ancestor of `name` and the depth below it; in a ring, the first named member.
topo::ClusterMembership place_of(const std::string& name, const Drawn& drawn) {
  const auto rank = [&](const std::string& n) {
    return std::find(drawn.names.begin(), drawn.names.end(), n) - drawn.names.begin();
  };
  std::vector<std::string> path{name};
  for (;;) {
    const auto master = drawn.masters.find(path.back());
    const bool is_top = master == drawn.masters.end() ||
                        rank(master->second) == static_cast<std::ptrdiff_t>(drawn.names.size());
    if (is_top) return {key(path.back()).display(), static_cast<unsigned>(path.size() - 1), false};
    const auto ring = std::find(path.begin(), path.end(), master->second);
    if (ring != path.end()) {
      const auto head =
          std::min_element(ring, path.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
      const bool is_pair = path.end() - ring == 2 && (name == *ring || name == *(ring + 1));
      return {key(*head).display(), static_cast<unsigned>(head - path.begin()), is_pair};
    }
    path.push_back(master->second);
  }
}

}  // namespace

topo::InstanceKey key(std::string_view name) {
  return topo::InstanceKey::parse(name, 3306);
}

topo::Instance instance(std::string_view name, std::string_view master) {
  topo::Instance made;
  made.key = key(name);
  made.server_id = 1 + static_cast<std::uint32_t>(std::hash<topo::InstanceKey>{}(made.key) % 1'000'000'000);
  made.version = "10.11.6-MariaDB-log";
  made.binlog_format = "ROW";
  made.log_bin = made.log_slave_updates = true;
  made.reported_hostname = made.key.hostname();
  made.reported_port = made.key.port();
  if (master.empty()) return made;
  topo::ReplicationChannel channel;
  channel.master = key(master);
  channel.io_thread = channel.sql_thread = topo::ThreadState::running;
  channel.read = channel.exec = {"binlog.000001", 4, topo::LogType::binary};
  channel.seconds_behind_master = std::chrono::seconds(0);
  made.slave_lag = channel.seconds_behind_master;
  made.channels.push_back(std::move(channel));
  return made;
}

topo::KnownInstance known(topo::Instance instance) {
  topo::KnownInstance made;
  made.instance = std::move(instance);
  made.since_last_checked = made.since_last_seen = std::chrono::seconds(0);
  made.last_check_valid = true;
  return made;
}

std::vector<topo::KnownInstance> instances(std::string_view picture) {
  const auto drawn = draw(picture);
  std::vector<topo::KnownInstance> made;
  for (const auto& name : drawn.names) {
    const auto master = drawn.masters.find(name);
    auto one = instance(name, master == drawn.masters.end() ? "" : master->second);
    const auto place = place_of(name, drawn);
    one.cluster_name = place.cluster_name;
    one.replication_depth = place.replication_depth;
    one.is_co_master = place.is_co_master;
    made.push_back(known(std::move(one)));
  }
  return made;
}

topo::Topology topology(std::string_view picture) {
  return topo::Topology(instances(picture));
}

}  // namespace picture
