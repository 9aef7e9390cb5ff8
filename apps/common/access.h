// Access: who may use the server, and who may change anything through it (AuthenticationMethod, ReadOnly).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/config/configuration.h"

namespace orchestrator {

// The value of a request's header, by its name in any case; nullopt when the request has none.
using HeaderLookup = std::function<std::optional<std::string>(std::string_view)>;

struct Visitor {
  bool may_write = false;
};

// Immutable; for any number of threads.
class AccessPolicy {
 public:
  // Throws Error{invalid_argument} for a method that does not exist, or that lacks what it needs.
  explicit AccessPolicy(const topo::Configuration& configuration);

  // nullopt: not let in, as the credentials are missing or wrong. `from_loopback`: the peer is on this host;
  // only such a peer can be the proxy that says who the user is.
  [[nodiscard]] std::optional<Visitor> identify(const HeaderLookup& header, bool from_loopback) const;

 private:
  enum class Method { none, basic, multi, proxy };

  [[nodiscard]] std::optional<Visitor> identify_by_password(const HeaderLookup& header) const;
  [[nodiscard]] Visitor identify_by_proxy(const HeaderLookup& header, bool from_loopback) const;

  Method method_ = Method::none;
  bool read_only_;
  std::string user_, password_;
  std::string user_header_;
  std::vector<std::string> power_users_;
};

// A web page of another site made the browser send this request. A browser that speaks plain HTTP to a host
// other than its own tells little, so that this stops what it gives away and no more.
[[nodiscard]] bool is_cross_site(const HeaderLookup& header);

}  // namespace orchestrator
