// LiveConfiguration: the configuration of a process that runs for long, which may be read anew while it does.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "topo/config/configuration.h"

namespace topo {

// Names of keys whose values differ, in the order of the reference. Never their values: some are secret.
struct ConfigurationChanges {
  std::vector<std::string> taken;          // they are in effect
  std::vector<std::string> at_next_start;  // of keys that are read at the start of a process
};

// Thread-safe.
class LiveConfiguration {
 public:
  // Completes it (Configuration::complete). Throws as that does.
  explicit LiveConfiguration(Configuration configuration);

  // The reference stays good as long as the object lives, with the values of the time of the call. Takes no
  // lock.
  [[nodiscard]] const Configuration& current() const noexcept {
    return *current_.load(std::memory_order_acquire);
  }

  // Takes the values of all keys but those that count at the start of a process only. `check` is shown the
  // outcome before anybody else sees it; what it throws, as what Configuration::complete throws, leaves all
  // as it was.
  ConfigurationChanges replace(const Configuration& next,
                               const std::function<void(const Configuration&)>& check = {});

 private:
  void put_in_place(Configuration next);

  std::mutex mutex_;  // of those that replace
  // Each that there was, once, as references stay good: people make few, and a program that writes the file
  // mostly goes back to one of them.
  std::vector<std::unique_ptr<const Configuration>> all_;
  std::atomic<const Configuration*> current_{nullptr};
};

}  // namespace topo
