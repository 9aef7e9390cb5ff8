// Access: who may use the server, and who may change anything through it (AuthenticationMethod, ReadOnly).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/address_ranges.h"
#include "topo/config/configuration.h"

namespace orchestrator {

// What a request says in the header of that name, in any case.
struct Header {
  std::string value;      // of the first
  std::size_t count = 0;  // how many there are
};
using HeaderLookup = std::function<Header(std::string_view name)>;

// Where a request came from.
struct Peer {
  std::string address;    // of a connection over TCP
  bool is_local = false;  // it came over a socket in the file system
};

struct Visitor {
  bool may_write = false;
  std::string user = {};  // "" when nobody said who it is
};

// Why a request is not let in.
struct Denial {
  int status = 401;  // of HTTP
  std::string message;
};

// Immutable; for any number of threads.
class AccessPolicy {
 public:
  // Throws Error{invalid_argument} for a method that does not exist, or that lacks what it needs.
  explicit AccessPolicy(const topo::Configuration& configuration);

  // Headers that tell who the user is count only when they come once. The one in which a proxy names the user
  // counts from AuthProxyAddresses alone; from elsewhere it is a forgery.
  [[nodiscard]] std::variant<Visitor, Denial> identify(const HeaderLookup& header, const Peer& peer) const;

 private:
  enum class Method { none, basic, multi, proxy };

  [[nodiscard]] std::variant<Visitor, Denial> identify_by_password(const HeaderLookup& header) const;
  [[nodiscard]] std::variant<Visitor, Denial> identify_by_proxy(const HeaderLookup& header,
                                                                const Peer& peer) const;

  Method method_ = Method::none;
  bool read_only_;
  std::string user_, password_;
  std::string user_header_;
  AddressRanges proxies_;
  std::vector<std::string> power_users_;
};

// A web page of another site made the browser send this request. A browser that speaks plain HTTP to a host
// other than its own tells little, so that this stops what it gives away and no more.
[[nodiscard]] bool is_cross_site(const HeaderLookup& header);

}  // namespace orchestrator
