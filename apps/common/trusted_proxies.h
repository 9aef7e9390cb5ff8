// TrustedProxies: whom a request is from when a proxy has passed it on (AuthProxyAddresses).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/address_ranges.h"

namespace orchestrator {

// What a request says in the header of that name, in any case.
struct Header {
  std::string value;                      // of the first
  std::size_t count = 0;                  // how many there are
  std::vector<std::string> further = {};  // values after the first
};
using HeaderLookup = std::function<Header(std::string_view name)>;

// Where a request came from.
struct Peer {
  std::string address;    // of a connection over TCP
  bool is_local = false;  // it came over a socket in the file system
};

// Immutable; for any number of threads.
class TrustedProxies {
 public:
  // `name_clients`: they are known to write X-Forwarded-For themselves, whatever a client has sent. Throws
  // Error{invalid_argument} as AddressRanges does.
  explicit TrustedProxies(std::span<const std::string> ranges, bool name_clients = true)
      : ranges_(ranges), name_clients_(name_clients) {}

  // A socket in the file system always is one's.
  [[nodiscard]] bool contains(const Peer& peer) const;
  // The address that sent the request: of the peer, or, when that is a proxy, the last in X-Forwarded-For
  // that is none. "" for a local socket of which nothing else is known.
  [[nodiscard]] std::string client(const HeaderLookup& header, const Peer& peer) const;
  // What a proxy says in X-Forwarded-Proto, in lower case: how the client speaks. "": no proxy says it.
  [[nodiscard]] std::string scheme(const HeaderLookup& header, const Peer& peer) const;

 private:
  AddressRanges ranges_;
  bool name_clients_;
};

}  // namespace orchestrator
