// A server that says what another one says, by an account there.
#pragma once

#include <atomic>
#include <string>

#include "sandbox/accounts.h"
#include "sandbox/rogue/server.h"
#include "topo/base/instance_key.h"

namespace system_test {

// Listens at `at`, and passes every statement on to `victim`, over connections of its own. Thread-safe.
class Impostor {
 public:
  // Throws std::runtime_error when it cannot listen there.
  Impostor(const topo::InstanceKey& at, topo::InstanceKey victim, const sandbox::Account& account);

  [[nodiscard]] const topo::InstanceKey& key() const noexcept { return key_; }
  // How many statements it has passed on.
  [[nodiscard]] std::size_t relayed() const { return relayed_; }

 private:
  const topo::InstanceKey key_;
  std::atomic<std::size_t> relayed_{0};
  rogue::Server server_;
};

}  // namespace system_test
