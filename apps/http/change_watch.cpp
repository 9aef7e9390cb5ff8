#include "http/change_watch.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "common/json_writer.h"
#include "common/reply.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds min_interval{1000};
// The check costs at most a twentieth of a processor, however many instances there are.
constexpr int interval_per_cost = 20;
// Instances age without any write to the backend: one that is no longer polled becomes "not recently
// checked".
constexpr std::chrono::seconds max_interval{10};

// Clears the fields that change all the time and need no immediate notification.
void forget_what_flows(topo::KnownInstance& known, const topo::StatusLimits& limits) {
  auto& instance = known.instance;
  instance.uptime = {};
  instance.self_coordinates = {};
  for (auto& channel : instance.channels) {
    channel.read = channel.exec = {};
    channel.relay = {{}, 0, topo::LogType::relay};
  }
  known.since_last_seen.reset();
  if (known.is_recently_checked(limits.poll_interval)) known.since_last_checked = std::chrono::seconds(0);
}

std::string keys_json(std::string_view cluster, std::vector<topo::InstanceKey> keys) {
  std::sort(keys.begin(), keys.end());
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  writer.StartObject();
  json::write_field(writer, "ClusterName", cluster);
  json::write_name(writer, "Keys");
  writer.StartArray();
  for (const auto& key : keys) json::write(writer, key);
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

void ChangeWatch::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void ChangeWatch::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  while (!stop.stop_requested()) {
    if (hub_.listeners() == 0) {
      last_.reset();  // changes without a listener are not reported
      if (!hub_.await_listener(stop)) return;
    }
    const auto began = Clock::now();
    try {
      look();
    } catch (const std::exception& error) {
      session_.log().debug(fmt::format("Cannot look for changes: {}", error.what()));
    }
    const auto cost = Clock::now() - began;
    const auto interval = std::max<Clock::duration>(min_interval, cost * interval_per_cost);
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, interval, [] { return false; });
  }
}

bool ChangeWatch::may_have_changed() {
  const auto version = session_.store().data_version();
  const bool same = version && version == std::exchange(last_version_, version);
  return !same || Clock::now() - last_look_ >= max_interval;
}

ChangeWatch::Picture ChangeWatch::take() const {
  auto& store = session_.store();
  const auto limits = session_.limits();
  Picture picture;
  for (auto& known : store.instances().read_all()) {
    forget_what_flows(known, limits);
    auto key = known.instance.key;
    auto cluster = known.instance.cluster_name;
    const auto json = render_json(Reply::bare(std::move(known)), limits);
    picture.instances.emplace(std::move(key), Seen{std::hash<std::string>{}(json), std::move(cluster)});
  }
  // Changes of lag and problems are changes of instances.
  for (const auto& info : store.clusters().infos())
    picture.clusters +=
        fmt::format("{}\n{}\n{}\n", info.cluster_name, info.cluster_alias, info.count_instances);
  for (const auto& held : store.maintenance().active())
    picture.maintenance += fmt::format("{} {}\n", held.id, held.key.display());
  return picture;
}

void ChangeWatch::look() {
  if (!may_have_changed() && last_) return;
  last_look_ = Clock::now();
  auto now = take();
  if (last_) tell(*last_, now);
  last_ = std::move(now);
}

void ChangeWatch::tell(const Picture& before, const Picture& now) {
  std::map<std::string, std::vector<topo::InstanceKey>> changed;
  for (const auto& [key, seen] : now.instances) {
    const auto former = before.instances.find(key);
    if (former == before.instances.end()) {
      changed[seen.cluster].push_back(key);
    } else if (former->second.fingerprint != seen.fingerprint) {
      changed[seen.cluster].push_back(key);
      if (former->second.cluster != seen.cluster) changed[former->second.cluster].push_back(key);
    }
  }
  for (const auto& [key, seen] : before.instances) {
    if (!now.instances.contains(key)) changed[seen.cluster].push_back(key);
  }
  for (auto& [cluster, keys] : changed)
    hub_.publish("instances", keys_json(cluster, std::move(keys)), cluster);
  if (before.clusters != now.clusters) hub_.publish("clusters", "{}");
  if (before.maintenance != now.maintenance) hub_.publish("maintenance", "{}");
}

}  // namespace orchestrator
