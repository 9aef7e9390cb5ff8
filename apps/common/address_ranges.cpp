#include "common/address_ranges.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "topo/base/error.h"

namespace orchestrator {
namespace {

using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

constexpr unsigned all_bits = 128;
constexpr unsigned bits_before_ipv4 = 96;

[[noreturn]] void refuse(std::string_view text) {
  throw topo::Error(
      topo::Code::invalid_argument,
      fmt::format(
          "\"{}\" is neither an address nor a network; expected as in 10.0.0.7, 10.0.0.0/8 or fd00::/8",
          text));
}

std::optional<Address> parse(std::string_view text) {
  const std::string copy(text);
  Address address{};
  if (inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return address;
  address = {};
  address[10] = address[11] = 0xFF;
  if (inet_pton(AF_INET, copy.c_str(), address.data() + bits_before_ipv4 / 8) == 1) return address;
  return std::nullopt;
}

bool is_ipv4(const Address& address) {
  constexpr Address mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return std::equal(address.begin(), address.begin() + bits_before_ipv4 / 8, mapped.begin());
}

}  // namespace

bool is_address(std::string_view text) {
  return parse(text).has_value();
}

std::string client_of(std::string_view address) {
  auto parsed = parse(address);
  if (!parsed) return std::string(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_ipv4(*parsed)) {
    inet_ntop(AF_INET, parsed->data() + bits_before_ipv4 / 8, text.data(), text.size());
    return text.data();
  }
  std::fill(parsed->begin() + parsed->size() / 2, parsed->end(), 0);
  inet_ntop(AF_INET6, parsed->data(), text.data(), text.size());
  return fmt::format("{}/64", text.data());
}

AddressRanges::AddressRanges(std::span<const std::string> ranges) {
  for (const std::string_view text : ranges) {
    const auto slash = text.find('/');
    const auto network = parse(text.substr(0, slash));
    if (!network) refuse(text);
    const bool is_ipv4 = text.substr(0, slash).find(':') == std::string_view::npos;
    unsigned bits = all_bits;
    if (slash != std::string_view::npos) {
      const auto digits = text.substr(slash + 1);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      const unsigned most = is_ipv4 ? all_bits - bits_before_ipv4 : all_bits;
      if (error != std::errc{} || end != digits.data() + digits.size() || bits > most) refuse(text);
      if (is_ipv4) bits += bits_before_ipv4;
    }
    ranges_.push_back({*network, bits});
  }
}

bool AddressRanges::contains(std::string_view address) const {
  const auto parsed = parse(address);
  if (!parsed) return false;
  return std::ranges::any_of(ranges_, [&](const Range& range) {
    const auto whole = range.bits / 8;
    if (!std::equal(range.network.begin(), range.network.begin() + whole, parsed->begin())) return false;
    const auto rest = range.bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - rest));
    return ((range.network[whole] ^ (*parsed)[whole]) & mask) == 0;
  });
}

}  // namespace orchestrator
