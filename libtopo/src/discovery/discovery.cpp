#include "topo/discovery/discovery.h"

#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "discovery/engine.h"

namespace topo {

bool DiscoveryReport::start_found() const {
  return std::find(found.begin(), found.end(), start) != found.end();
}

NodeIdentity NodeIdentity::make(std::string command, std::string version) {
  NodeIdentity node;
  node.command = std::move(command);
  node.version = std::move(version);
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0)
    throw Error(Code::invalid_argument, "The host name of this machine cannot be read");
  node.hostname = name.data();
  std::array<unsigned char, 32> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    throw Error(Code::refused, "The system gives no random bytes for this node's token");
  }
  constexpr std::string_view digits = "0123456789abcdef";
  for (const auto byte : random) {
    node.token += digits[byte >> 4U];
    node.token += digits[byte & 15U];
  }
  return node;
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
