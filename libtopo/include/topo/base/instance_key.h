// InstanceKey: which server. A host name (or address) and a port.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace topo {

struct InstanceKey {
  std::string hostname;
  std::uint16_t port = 0;

  // Reads "host", "host:port", "[ipv6]" or "[ipv6]:port"; `default_port` where none is given. An
  // IPv6 address without brackets is taken as a host.
  // Throws Error{invalid_argument}, naming the text and what would be right: for an empty host, a port
  // that is not an integer from 1 to 65535, a host longer than 255 bytes, or a character that no host
  // name has (control characters, blanks, quotes, slashes, bytes that are not UTF-8, colons but those of
  // IPv6).
  static InstanceKey parse(std::string_view text, std::uint16_t default_port);
  // As parse, from parts, as a route gives them.
  static InstanceKey from_parts(std::string_view hostname, std::string_view port);

  // Host non-empty and not "_" (what RESET SLAVE leaves on 5.5), port neither 0 nor 65535.
  [[nodiscard]] bool valid() const noexcept;
  // "host:port", "[ipv6]:port".
  [[nodiscard]] std::string display() const;

  friend auto operator<=>(const InstanceKey&, const InstanceKey&) = default;
};

}  // namespace topo

template <>
struct std::hash<topo::InstanceKey> {
  std::size_t operator()(const topo::InstanceKey& key) const noexcept {
    return std::hash<std::string_view>{}(key.hostname) * 31 + key.port;
  }
};
