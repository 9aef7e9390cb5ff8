// Access: which clients may use the server, and which may change anything through it (AuthenticationMethod,
// ReadOnly).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/trusted_proxies.h"
#include "topo/config/configuration.h"

namespace orchestrator {

struct Visitor {
  bool may_write = false;
  std::string user = {};  // "" when the request names no user
};

// Why the visitor may not make changes, a sentence; "": the visitor may.
[[nodiscard]] std::string why_not_write(const Visitor& visitor, const topo::Configuration& configuration);

// The reason why a request is refused.
struct Denial {
  int status = 401;  // HTTP status
  std::string message;
};

// The user name of a login, as sent.
struct Login {
  std::string user;
  bool is_known = false;  // a user of that name exists and may log in
};

// Whether the text has the form of a host name in a Host header, without port.
[[nodiscard]] bool is_host_name(std::string_view text);
// Why an item of HTTPAllowedHosts is invalid: it is neither a host name nor "*". nullopt: it is valid.
[[nodiscard]] std::optional<std::string> why_not_allowed_host(std::string_view host);

// All mistakes in the configuration that prevent a server from starting: an unknown method or one that lacks
// a setting, an account that no user or every user could log in with, and lists with items that are neither
// addresses nor names.
[[nodiscard]] std::vector<std::string> access_mistakes(const topo::Configuration& configuration);

// Immutable; safe for use by any number of threads.
class AccessPolicy {
 public:
  // Throws Error{invalid_argument} with the first of access_mistakes().
  explicit AccessPolicy(const topo::Configuration& configuration);

  // A header that names the user counts only if it comes once. The header in which a proxy names the user
  // counts only from AuthProxyAddresses; from any other address it is a forgery. Without a user the request
  // may not write.
  [[nodiscard]] std::variant<Visitor, Denial> identify(const HeaderLookup& header, const Peer& peer) const;
  // The user whose password identify() would check; nullopt: none.
  [[nodiscard]] std::optional<Login> login(const HeaderLookup& header) const;
  [[nodiscard]] const TrustedProxies& proxies() const noexcept { return proxies_; }
  // Whether clients reach the pages of this server by https: a trusted proxy says so, or UseSSL is on.
  [[nodiscard]] bool is_https(const HeaderLookup& header, const Peer& peer) const;

 private:
  enum class Method { none, basic, multi, proxy };

  [[nodiscard]] std::variant<Visitor, Denial> identify_by_password(const HeaderLookup& header) const;
  [[nodiscard]] std::variant<Visitor, Denial> identify_by_proxy(const HeaderLookup& header,
                                                                const Peer& peer) const;

  Method method_ = Method::none;
  bool read_only_;
  std::string user_, password_;
  std::string user_header_;
  bool use_ssl_;
  TrustedProxies proxies_;
  std::vector<std::string> power_users_;
};

// Checks by its origin whether a request may change something. A browser sends requests on behalf of pages of
// any site, so a request from a browser must prove that it comes from a page of this server: by
// Sec-Fetch-Site, by Origin, or by X-Requested-With, which no page of another site can make a browser send.
// When `is_https`, a plain http page does not count as a page of this server. nullopt: allowed; otherwise the
// reason for the refusal.
[[nodiscard]] std::optional<std::string> why_not_own_page(const HeaderLookup& header, bool is_https);

}  // namespace orchestrator
