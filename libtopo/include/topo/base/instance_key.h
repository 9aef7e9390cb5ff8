// InstanceKey: which server. A host name (or address) and a port.
//
// What names a server reaches the client library, other servers and the backend, so there is one set of rules
// for it, and no key that breaks them: whoever makes one from text, be it a user's, a server's, a name
// service's or a backend's, goes through the checks below.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace topo {

// What is wrong with `host` as a host name, as a clause ("it has the character ';', …"); nullopt: nothing.
// Right are IPv4 and IPv6 addresses (these perhaps with a zone, as in "fe80::1%eth0") and names of DNS
// labels: at most 253 characters; labels of 1 to 63 letters, digits, hyphens and underscores that do not
// begin with a hyphen. A name that ends in a number is an IPv4 address or wrong, as resolvers read it as one
// (RFC 3986, section 7.4; "127.1").
// "_" alone, which is what replaces a master's host before RESET SLAVE, is wrong too.
[[nodiscard]] std::optional<std::string> host_name_problem(std::string_view host);

class InstanceKey {
 public:
  InstanceKey() = default;  // names no server

  // Throws Error{invalid_argument} for a host that host_name_problem() complains of, or port 0. A final dot
  // of a name is dropped.
  InstanceKey(std::string_view hostname, std::uint16_t port);

  // Reads what a user wrote: "host", "host:port", "[ipv6]" or "[ipv6]:port"; `default_port` where none is
  // given. An IPv6 address without brackets is taken as a host. Throws Error{invalid_argument}, naming the
  // text and what would be right.
  static InstanceKey parse(std::string_view text, std::uint16_t default_port);
  // As parse, from parts, as a route gives them.
  static InstanceKey from_parts(std::string_view hostname, std::string_view port);

  // What a server, a name service or the backend told. nullopt: it names no server.
  static std::optional<InstanceKey> from_told(std::string_view hostname, std::int64_t port);

  [[nodiscard]] const std::string& hostname() const noexcept { return hostname_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  // Names a server: it was not made by the default constructor.
  [[nodiscard]] bool valid() const noexcept { return port_ != 0; }
  // "host:port", "[ipv6]:port".
  [[nodiscard]] std::string display() const;

  friend auto operator<=>(const InstanceKey&, const InstanceKey&) = default;

 private:
  struct Checked {};
  InstanceKey(Checked, std::string_view hostname, std::uint16_t port) : hostname_(hostname), port_(port) {}

  std::string hostname_;
  std::uint16_t port_ = 0;
};

}  // namespace topo

template <>
struct std::hash<topo::InstanceKey> {
  std::size_t operator()(const topo::InstanceKey& key) const noexcept {
    return std::hash<std::string_view>{}(key.hostname()) * 31 + key.port();
  }
};
