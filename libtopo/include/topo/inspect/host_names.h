// HostNames: resolves host names to the name used for the host (HostnameResolveMethod), with a cache that all
// orchestrator processes share through the store.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/clock.h"
#include "topo/base/instance_key.h"

namespace spdlog {
class logger;
}

namespace topo {

namespace mysql {
class Interrupt;
}
struct Configuration;
class NameStore;

// The name to use and, if the lookup failed, a sentence about the failure.
struct Resolution {
  std::string name;
  std::optional<std::string> problem;
};

struct KeyResolution {
  InstanceKey key;
  std::optional<std::string> problem;
};

// Asks this machine's resolver for the canonical name of `host`: the end of a chain of CNAMEs, or a short
// name with its domain. nullopt: the host does not exist. Throws Error{timeout} without an answer within five
// seconds (regardless of resolv.conf) or by `end_by`, and Error{unreachable} for other failures or once
// `interrupt` is raised.
[[nodiscard]] std::optional<std::string> canonical_host_name(
    const std::string& host, const std::shared_ptr<const mysql::Interrupt>& interrupt = nullptr,
    std::optional<SteadyTime> end_by = std::nullopt);

// Thread-safe. A lookup holds no lock: cached names are answered meanwhile, and threads that ask for the same
// unknown name share one lookup.
class HostNames {
 public:
  // Like canonical_host_name().
  using Lookup =
      std::function<std::optional<std::string>(const std::string&, std::optional<SteadyTime> end_by)>;
  using Now = std::function<SteadyTime()>;

  // `store` and `log` must outlive the object. Throws Error{invalid_argument} for a
  // RejectHostnameResolvePattern that does not compile.
  HostNames(
      const Configuration& configuration, NameStore& store, spdlog::logger& log,
      Lookup lookup =
          [](const std::string& host, std::optional<SteadyTime> end_by) {
            return canonical_host_name(host, nullptr, end_by);
          },
      Now now = std::chrono::steady_clock::now);
  ~HostNames();
  HostNames(const HostNames&) = delete;
  HostNames& operator=(const HostNames&) = delete;

  // Resolves `host`. Does not throw if the lookup fails: returns the last known answer, or the name itself,
  // with the problem.
  // - A name resolved less than ExpiryHostnameResolvesMinutes ago (by any process that shares the store) is
  //   answered from the cache. Case-insensitive.
  // - `cname`: the canonical name, in lower case and without a final dot even if the lookup fails, so that a
  //   host has one name. Addresses (IPv4, IPv6) are never looked up. `none` and `default`: the name
  //   unchanged.
  // - A name whose lookup failed, or whose answer matches RejectHostnameResolvePattern, is not looked up
  //   again for a minute.
  [[nodiscard]] Resolution resolve(std::string_view host);
  [[nodiscard]] KeyResolution resolve(const InstanceKey& key);

  // Like resolve(), but every lookup ends by `until`: a key that is not cached then is returned unchanged,
  // with the problem. For callers that resolve many names from untrusted sources.
  [[nodiscard]] KeyResolution resolve_until(const InstanceKey& key, SteadyTime until);

  // Like resolve(), but always asks the name service instead of the cache: for callers about to change the
  // server behind the name. Without an answer, returns the key unchanged, with the problem.
  [[nodiscard]] KeyResolution resolve_now(const InstanceKey& key);

  // Loads all fresh names from the store, so that resolve() need not query the store for each name.
  void load_all();

  // Unexpired cache entries, ordered by host; `remaining` is the time until expiry.
  struct Cached {
    std::string host, name;
    std::chrono::seconds remaining{0};
  };
  [[nodiscard]] std::vector<Cached> snapshot() const;

  // Clears the cache and the store. Throws Error{backend} when the store fails.
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace topo
