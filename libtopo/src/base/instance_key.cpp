#include "topo/base/instance_key.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/shown_text.h"
#include "topo/base/error.h"

namespace topo {
namespace {

constexpr std::size_t max_host_length = 255;

// Bytes above 127 pass: an internationalised name may be written as it is.
bool may_be_in_host(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u > ' ' && u != 0x7f &&
         std::string_view("'\"`\\/?#;,<>[](){}|&$*").find(c) == std::string_view::npos;
}

bool is_ipv6(std::string_view host) {
  const auto percent = std::min(host.find('%'), host.size());
  in6_addr address{};
  return host.find(':', percent) == std::string_view::npos &&  // of the zone
         inet_pton(AF_INET6, std::string(host.substr(0, percent)).c_str(), &address) == 1;
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(Code::invalid_argument,
              fmt::format("Cannot read \"{}\" as an instance: {}; expected host or host:port",
                          shown_text(text), why));
}

std::uint16_t parse_port(std::string_view port, std::string_view whole) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (error != std::errc{} || end != port.data() + port.size() || value < 1 || value > 65535) {
    refuse(whole, "the port is not an integer from 1 to 65535");
  }
  return static_cast<std::uint16_t>(value);
}

InstanceKey checked(std::string_view host, std::uint16_t port, std::string_view whole) {
  if (host.empty()) refuse(whole, "the host name is empty");
  if (host.size() > max_host_length) refuse(whole, "the host name is longer than 255 characters");
  if (!std::all_of(host.begin(), host.end(), may_be_in_host) ||
      find_invalid_utf8(host) != std::string_view::npos) {
    refuse(whole, "the host name has a character that host names do not have");
  }
  if (host.find(':') != std::string_view::npos && !is_ipv6(host)) {
    refuse(whole, "a host with a colon is not an IPv6 address");
  }
  return InstanceKey{std::string(host), port};
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

InstanceKey InstanceKey::parse(std::string_view given, std::uint16_t default_port) {
  const auto text = trim(given);
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) refuse(text, "the bracket is not closed");
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') refuse(text, "a colon and the port must follow the bracket");
    const auto port = rest.empty() ? default_port : parse_port(rest.substr(1), text);
    return checked(text.substr(1, close - 1), port, text);
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || is_ipv6(text)) return checked(text, default_port, text);
  return checked(text.substr(0, colon), parse_port(text.substr(colon + 1), text), text);
}

InstanceKey InstanceKey::from_parts(std::string_view hostname, std::string_view port) {
  const auto whole =
      fmt::format("{}:{}", hostname.substr(0, max_host_length + 1), port.substr(0, max_host_length));
  auto host = trim(hostname);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return checked(host, parse_port(port, whole), whole);
}

bool InstanceKey::valid() const noexcept {
  return !hostname.empty() && hostname != "_" && port != 0 && port != 65535;
}

std::string InstanceKey::display() const {
  if (hostname.find(':') != std::string::npos) return fmt::format("[{}]:{}", hostname, port);
  return fmt::format("{}:{}", hostname, port);
}

}  // namespace topo
