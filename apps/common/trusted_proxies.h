// TrustedProxies: the real client of a request that a proxy has forwarded (AuthProxyAddresses).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/address_ranges.h"

namespace orchestrator {

// The values of one request header, looked up in any case.
struct Header {
  std::string value;                      // of the first occurrence
  std::size_t count = 0;                  // number of occurrences
  std::vector<std::string> further = {};  // values of the other occurrences
};
using HeaderLookup = std::function<Header(std::string_view name)>;

// The origin of a connection.
struct Peer {
  std::string address;    // of a TCP connection
  bool is_local = false;  // connected through a socket in the file system
};

// Immutable; safe for use by any number of threads.
class TrustedProxies {
 public:
  // `name_clients`: the proxies are known to write X-Forwarded-For themselves, whatever a client has sent.
  // Throws Error{invalid_argument} as AddressRanges does.
  explicit TrustedProxies(std::span<const std::string> ranges, bool name_clients = true)
      : ranges_(ranges), name_clients_(name_clients) {}

  // A socket in the file system always counts as a proxy.
  [[nodiscard]] bool contains(const Peer& peer) const;
  // The address that sent the request: that of the peer or, when the peer is a proxy, the last address in
  // X-Forwarded-For that is not a proxy. "" for a local socket when nothing else is known.
  [[nodiscard]] std::string client(const HeaderLookup& header, const Peer& peer) const;
  // The scheme that a proxy names in X-Forwarded-Proto, in lower case. "": no proxy names one.
  [[nodiscard]] std::string scheme(const HeaderLookup& header, const Peer& peer) const;

 private:
  AddressRanges ranges_;
  bool name_clients_;
};

}  // namespace orchestrator
