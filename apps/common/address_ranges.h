// Addresses of peers: which addresses belong to a network (AuthProxyAddresses), and which belong to one
// client.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator {

[[nodiscard]] bool is_address(std::string_view text);  // of IPv4 or IPv6

// The unit that counts as one client: an IPv4 address, in any notation, or the first 64 bits of an IPv6
// address, because one client has all addresses with that prefix. Text that is not an address is returned
// unchanged.
[[nodiscard]] std::string client_of(std::string_view address);

// Immutable; safe for use by any number of threads.
class AddressRanges {
 public:
  AddressRanges() = default;  // none
  // IPv4 and IPv6 addresses, each alone or with the length of its network: "10.0.0.7", "10.0.0.0/8",
  // "fd00::/8". Throws Error{invalid_argument} that names the first invalid range.
  explicit AddressRanges(std::span<const std::string> ranges);

  // An IPv4 address that arrives as IPv6 ("::ffff:10.0.0.7") counts as the IPv4 address. False for text that
  // is not an address.
  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  struct Range {
    std::array<std::uint8_t, 16> network;  // IPv4 as ::ffff:a.b.c.d
    unsigned bits;
  };
  std::vector<Range> ranges_;
};

}  // namespace orchestrator
