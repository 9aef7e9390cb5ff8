// LiveConfiguration: the configuration of a long-running process, which can be reloaded.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "topo/config/configuration.h"

namespace topo {

// Names of changed keys, in the order of the reference. Never their values: some are secret.
struct ConfigurationChanges {
  std::vector<std::string> taken;          // in effect now
  std::vector<std::string> at_next_start;  // keys that need a restart
};

// Thread-safe.
class LiveConfiguration {
 public:
  // Calls Configuration::complete(). Throws what complete() throws.
  explicit LiveConfiguration(Configuration configuration);

  // The current values. The reference stays valid as long as the object lives, and its values do not change.
  // Takes no lock.
  [[nodiscard]] const Configuration& current() const noexcept {
    return *current_.load(std::memory_order_acquire);
  }

  // Applies all keys except those that need a restart. `check` sees the new configuration before any reader.
  // If `check` or Configuration::complete() throws, nothing changes.
  ConfigurationChanges replace(const Configuration& next,
                               const std::function<void(const Configuration&)>& check = {});

 private:
  void put_in_place(Configuration next);

  std::mutex mutex_;  // serializes replace()
  // Every distinct configuration so far, because references stay valid. There are few: manual edits are rare,
  // and a program that rewrites the file mostly returns to an earlier version.
  std::vector<std::unique_ptr<const Configuration>> all_;
  std::atomic<const Configuration*> current_{nullptr};
};

}  // namespace topo
