// Access: who may use the server, and who may change anything through it (AuthenticationMethod, ReadOnly).
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
  std::string user = {};  // "" when nobody said who it is
};

// Why a request is not let in.
struct Denial {
  int status = 401;  // of HTTP
  std::string message;
};

// Who logs in, as sent.
struct Login {
  std::string user;
  bool is_known = false;  // a user of that name could log in
};

// Whether it has the form of a name in a Host header, without port.
[[nodiscard]] bool is_host_name(std::string_view text);
// Of an item of HTTPAllowedHosts that is no such name, nor "*".
[[nodiscard]] std::optional<std::string> why_not_allowed_host(std::string_view host);

// All in the configuration for which a server does not start: a method that does not exist or lacks what it
// needs, a user nobody could log in as, or everybody, and lists with what is no address and no name.
[[nodiscard]] std::vector<std::string> access_mistakes(const topo::Configuration& configuration);

// Immutable; for any number of threads.
class AccessPolicy {
 public:
  // Throws Error{invalid_argument} with the first of access_mistakes().
  explicit AccessPolicy(const topo::Configuration& configuration);

  // Headers that tell who the user is count only when they come once. The one in which a proxy names the user
  // counts from AuthProxyAddresses alone; from elsewhere it is a forgery. Without a user nobody has power.
  [[nodiscard]] std::variant<Visitor, Denial> identify(const HeaderLookup& header, const Peer& peer) const;
  // Whose password identify() would look at; nullopt: nobody's.
  [[nodiscard]] std::optional<Login> login(const HeaderLookup& header) const;
  [[nodiscard]] const TrustedProxies& proxies() const noexcept { return proxies_; }
  // Whether pages of this server are known to come by https: a trusted proxy says so, or UseSSL.
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

// Whether the request may change something, by where it comes from. A browser sends requests for pages of any
// site, so one from a browser needs proof of a page of this server: Sec-Fetch-Site or Origin, or the header
// X-Requested-With, which no page of another site can make a browser send. A page of plain http is none of
// this server when `is_https`. nullopt: it may; or else why not.
[[nodiscard]] std::optional<std::string> why_not_own_page(const HeaderLookup& header, bool is_https);

}  // namespace orchestrator
