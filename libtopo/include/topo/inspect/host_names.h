// HostNames: from a host as somebody wrote it to the name it is known by (HostnameResolveMethod), with a
// cache that nodes and command lines share through the store.
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

// The name to use and, where the lookup went wrong, a sentence about that.
struct Resolution {
  std::string name;
  std::optional<std::string> problem;
};

struct KeyResolution {
  InstanceKey key;
  std::optional<std::string> problem;
};

// Asks the resolver of this machine for the canonical name of `host`: what a chain of CNAMEs ends at, a
// short name with its domain. nullopt: there is no such host. Throws Error{unreachable} when no answer could
// be had, after five seconds whatever resolv.conf allows, or once `interrupt` is raised.
[[nodiscard]] std::optional<std::string> canonical_host_name(
    const std::string& host, const std::shared_ptr<const mysql::Interrupt>& interrupt = nullptr,
    std::optional<SteadyTime> end_by = std::nullopt);

// Thread-safe. A lookup holds no lock: names that are known are answered meanwhile, and threads that ask for
// the same unknown name wait for one lookup.
class HostNames {
 public:
  // As canonical_host_name.
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

  // The name that `host` is known by. Never throws for a name that cannot be looked up: the last answer that
  // is known, or else the name itself, is returned with the problem.
  // - A name that was resolved less than ExpiryHostnameResolvesMinutes ago (by any node that shares the
  //   store) is answered from the cache. Case does not count in `host`.
  // - `cname`: the canonical name, in lower case and without a final dot, found or not, so that one host
  //   has one name. Addresses (IPv4, IPv6) are never looked up. `none` and `default`: the name unchanged.
  // - A name that could not be looked up, or whose answer RejectHostnameResolvePattern matches, is not asked
  //   for again for a minute.
  [[nodiscard]] Resolution resolve(std::string_view host);
  [[nodiscard]] KeyResolution resolve(const InstanceKey& key);

  // As resolve(), but nothing is asked from `until` on: of what the cache does not have then, the key is as
  // given, with the problem. For who resolves many names that others made up.
  [[nodiscard]] KeyResolution resolve_until(const InstanceKey& key, SteadyTime until);

  // As resolve(), but the name service is asked now, whatever the cache has: for who is about to change what
  // is behind that name. When it does not answer the key is as given, with the problem.
  [[nodiscard]] KeyResolution resolve_now(const InstanceKey& key);

  // Takes over all that the store has that is fresh, so that resolve() need not ask it for each name.
  void load_all();

  // What the cache holds and has not expired, ordered by host; `remaining` until it does.
  struct Cached {
    std::string host, name;
    std::chrono::seconds remaining{0};
  };
  [[nodiscard]] std::vector<Cached> snapshot() const;

  // Forgets everything, in the store too. Throws Error{backend} when the store cannot.
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace topo
