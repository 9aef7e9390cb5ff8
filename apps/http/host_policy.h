// HostPolicy: under which names this server may be asked (HTTPAllowedHosts). A page of another site can give
// its own name this server's address, and would then count as a page of this server.
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
  // `name` in lower case: the host name, its first label, or those of its canonical name, which is looked up
  // when it is first needed, and again after a minute if there was no answer.
  [[nodiscard]] bool contains(const std::string& name);

 private:
  using Clock = std::chrono::steady_clock;
  void add(std::string_view name);

  const std::string hostname_;
  const Lookup lookup_;
  std::mutex mutex_;
  std::set<std::string> names_;
  std::optional<Clock::time_point> next_lookup_ = Clock::time_point{};  // nullopt: it was answered
};

// Immutable, but for what `own` learns; for any number of threads.
class HostPolicy {
 public:
  // `own` must outlive it. Throws Error{invalid_argument} for an item of HTTPAllowedHosts that is no host
  // name.
  HostPolicy(const topo::Configuration& configuration, OwnNames& own);

  // `host` as in the header, with or without a port. Addresses are allowed: no name service gives them
  // another meaning.
  [[nodiscard]] bool allows(std::string_view host) const;

 private:
  OwnNames* own_;
  bool allows_all_ = false;
  std::set<std::string> names_;
};

}  // namespace orchestrator
