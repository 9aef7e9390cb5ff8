// HostPolicy: the names under which this server may be requested (HTTPAllowedHosts). Another site could point
// its own name at this server's address, and its pages would then count as pages of this server.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "topo/config/configuration.h"

namespace orchestrator {

// The names of this machine. Thread-safe.
class OwnNames {
 public:
  // topo::canonical_host_name.
  using Lookup = std::function<std::optional<std::string>(const std::string&)>;

  OwnNames(std::string_view hostname, Lookup lookup);
  // `name` in lower case. True for the host name, its first label, and the same of its canonical name, which
  // is looked up when first needed, and again after a minute if the lookup failed.
  [[nodiscard]] bool contains(const std::string& name);

 private:
  using Clock = std::chrono::steady_clock;
  void add(std::string_view name);

  const std::string hostname_;
  const Lookup lookup_;
  std::mutex mutex_;
  std::set<std::string> names_;
  std::optional<Clock::time_point> next_lookup_ = Clock::time_point{};  // nullopt: the lookup succeeded
};

// Immutable, except for what `own` looks up; safe for use by any number of threads.
class HostPolicy {
 public:
  // `own` must outlive it. Throws Error{invalid_argument} for an item of HTTPAllowedHosts that is not a host
  // name.
  HostPolicy(const topo::Configuration& configuration, OwnNames& own);

  // `host` as in the header, with or without a port. Addresses are always allowed: no name service can
  // redirect them.
  [[nodiscard]] bool allows(std::string_view host) const;

 private:
  OwnNames* own_;
  bool allows_all_ = false;
  std::set<std::string> names_;
};

}  // namespace orchestrator
