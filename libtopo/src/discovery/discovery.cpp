#include "topo/discovery/discovery.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>

#include "discovery/engine.h"

namespace topo {

void DiscoveryReport::log_unread(spdlog::logger& log) const {
  constexpr std::size_t most = 20;
  for (const auto& one : std::span(unread).first(std::min(unread.size(), most))) log.warn(one.reason);
  if (unread.size() > most) log.warn(fmt::format("and {} more could not be read", unread.size() - most));
}

bool DiscoveryReport::start_found() const {
  return std::find(found.begin(), found.end(), start) != found.end();
}

Discovery::Discovery(Context& context) : engine_(std::make_unique<Engine>(context)) {}
Discovery::~Discovery() = default;

DiscoveryReport Discovery::discover(const InstanceKey& start) {
  return engine_->discover(start);
}
void Discovery::submit(const InstanceKey& start) {
  engine_->submit(start);
}
KnownInstance Discovery::refresh(const InstanceKey& key) {
  return engine_->refresh(key);
}
void Discovery::take(const std::vector<Instance>& read) {
  engine_->take(read);
}
bool Discovery::forget(const InstanceKey& key) {
  return engine_->forget(key);
}
void Discovery::watch_operations(std::function<void(const refactor::Progress&)> watcher) {
  engine_->watch_operations(std::move(watcher));
}

void Discovery::start_continuous(const NodeIdentity& node) {
  engine_->start_continuous(node);
}
void Discovery::stop() {
  engine_->stop();
}
DiscoveryStatistics Discovery::statistics() const {
  return engine_->statistics();
}
bool Discovery::is_active_node() const {
  return engine_->is_active_node();
}
void Discovery::flush() {
  engine_->flush();
}

}  // namespace topo
