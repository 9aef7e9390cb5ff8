// AddressRanges: which addresses peers may have (AuthProxyAddresses).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator {

// Immutable; for any number of threads.
class AddressRanges {
 public:
  // IPv4 and IPv6 addresses, each alone or with the length of its network: "10.0.0.7", "10.0.0.0/8",
  // "fd00::/8". Throws Error{invalid_argument}, naming the first one that is none.
  explicit AddressRanges(std::span<const std::string> ranges);

  // An IPv4 address that arrives as IPv6 ("::ffff:10.0.0.7") is the IPv4 address. False for what is no
  // address.
  [[nodiscard]] bool contains(std::string_view address) const;

 private:
  using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Range {
    Address network;
    unsigned bits;
  };
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

  std::vector<Range> ranges_;
};

}  // namespace orchestrator
