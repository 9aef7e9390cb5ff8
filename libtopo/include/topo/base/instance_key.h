// InstanceKey identifies a server: a host name (or address) and a port.
//
// Keys reach the client library, other servers and the backend, so one set of rules applies to all of them. A
// key made from text (of a user, a server, a name service or the backend) always passes the checks below.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace topo {

// Describes what is wrong with `host` as a host name, as a clause ("it has the character ';', …"); nullopt:
// nothing. Valid are IPv4 and IPv6 addresses (IPv6 optionally with a zone: "fe80::1%eth0") and DNS names: at
// most 253 characters; labels of 1 to 63 letters, digits, hyphens and underscores, without a leading hyphen.
// A name that ends in a number must be an IPv4 address, because resolvers read it as one (RFC 3986, section
// 7.4; "127.1").
// "_" alone is invalid too: it replaces a master's host before RESET SLAVE.
[[nodiscard]] std::optional<std::string> host_name_problem(std::string_view host);

class InstanceKey {
 public:
  InstanceKey() = default;  // names no server

  // Throws Error{invalid_argument} if host_name_problem() rejects the host, or for port 0. Drops the final
  // dot of a name.
  InstanceKey(std::string_view hostname, std::uint16_t port);

  // Parses user input: "host", "host:port", "[ipv6]" or "[ipv6]:port"; without a port, `default_port`
  // applies. An IPv6 address without brackets is a host. Throws Error{invalid_argument} with the text and the
  // expected form.
  static InstanceKey parse(std::string_view text, std::uint16_t default_port);
  // Like parse(), from the separate parts of a route.
  static InstanceKey from_parts(std::string_view hostname, std::string_view port);

  // From a server, a name service or the backend. nullopt: the values identify no server.
  static std::optional<InstanceKey> from_reported(std::string_view hostname, std::int64_t port);

  [[nodiscard]] const std::string& hostname() const noexcept { return hostname_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  // False only for a default-constructed key, which names no server.
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

// For messages: display(), or "none".
[[nodiscard]] std::string display_of(const std::optional<InstanceKey>& key);

}  // namespace topo

template <>
struct std::hash<topo::InstanceKey> {
  std::size_t operator()(const topo::InstanceKey& key) const noexcept {
    return std::hash<std::string_view>{}(key.hostname()) * 31 + key.port();
  }
};
