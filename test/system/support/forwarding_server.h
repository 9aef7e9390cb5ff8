// A server that returns the answers of another server, using an account there.
#pragma once

#include <atomic>
#include <string>

#include "sandbox/accounts.h"
#include "sandbox/rogue/server.h"
#include "topo/base/instance_key.h"

namespace system_test {

// Listens at `at`, and forwards every statement to `victim` over its own connections. Thread-safe.
class ForwardingServer {
 public:
  // Throws std::runtime_error when it cannot listen there.
  ForwardingServer(const topo::InstanceKey& at, topo::InstanceKey victim, const sandbox::Account& account);

  [[nodiscard]] const topo::InstanceKey& key() const noexcept { return key_; }
  // The number of forwarded statements.
  [[nodiscard]] std::size_t relayed() const { return relayed_; }

 private:
  const topo::InstanceKey key_;
  std::atomic<std::size_t> relayed_{0};
  rogue::Server server_;
};

}  // namespace system_test
