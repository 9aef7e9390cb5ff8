#include "topo/base/instance_key.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/shown_text.h"
#include "topo/base/error.h"

namespace topo {
namespace {

constexpr std::size_t max_host_length = 253;
constexpr std::size_t max_label_length = 63;
constexpr std::size_t max_zone_length = 32;
constexpr std::int64_t max_port = 65535;

bool may_be_in_label(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

bool is_address(int family, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;  // inet_pton would stop reading there
  in6_addr address{};
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_ipv6(std::string_view host) {
  const auto percent = host.find('%');
  if (percent == std::string_view::npos) return is_address(AF_INET6, host);
  const auto zone = host.substr(percent + 1);
  const bool is_zone =
      !zone.empty() && zone.size() <= max_zone_length &&
      std::all_of(zone.begin(), zone.end(), [](char c) { return may_be_in_label(c) || c == '.'; });
  return is_zone && is_address(AF_INET6, host.substr(0, percent));
}

// Like inet_aton reads the parts of an address: decimal, octal or hexadecimal.
bool is_number(std::string_view label) {
  if (label.starts_with("0x") || label.starts_with("0X")) {
    constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF";
    return label.find_first_not_of(hexadecimal, 2) == std::string_view::npos;
  }
  return std::all_of(label.begin(), label.end(), is_digit);
}

// Only for DNS names: the zone of an IPv6 address is an interface name and may end with a dot.
std::string_view without_final_dot(std::string_view host) {
  const bool is_address = host.find(':') != std::string_view::npos;
  if (host.size() > 1 && host.ends_with('.') && !is_address) host.remove_suffix(1);
  return host;
}

std::string describe_character(std::string_view host, std::size_t at) {
  const auto c = static_cast<unsigned char>(host[at]);
  if (c >= 0x80)
    return "it is not ASCII; write an internationalised name in its ASCII form (xn--...), or use the address";
  if (c <= ' ' || c == 0x7f) return "it has a blank or a control character, which host names do not have";
  return fmt::format("it has the character '{}', which host names do not have", host[at]);
}

std::optional<std::string> label_problem(std::string_view label) {
  if (label.empty()) return "it has an empty part between dots";
  if (label.size() > max_label_length) return "a part between dots is longer than 63 characters";
  if (label.starts_with('-')) return "a part of it begins with a hyphen";
  return std::nullopt;
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(Code::invalid_argument,
              fmt::format("Cannot read \"{}\" as an instance: {}; expected host or host:port",
                          shown_text(text), why));
}

std::uint16_t parse_port(std::string_view port, std::string_view whole) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (error != std::errc{} || end != port.data() + port.size() || value < 1 || value > max_port) {
    refuse(whole, "the port is not an integer from 1 to 65535");
  }
  return static_cast<std::uint16_t>(value);
}

void check_host(std::string_view host, std::string_view whole) {
  if (const auto problem = host_name_problem(host)) {
    refuse(whole, host.empty() ? "the host name is empty" : fmt::format("as a host name, {}", *problem));
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::optional<std::string> host_name_problem(std::string_view given) {
  if (given.empty()) return "it is empty";
  const auto host = without_final_dot(given);
  if (host.size() > max_host_length) return "it is longer than 253 characters";
  if (host.find(':') != std::string_view::npos) {
    if (is_ipv6(host)) return std::nullopt;
    return "it has a colon, but is not an IPv6 address";
  }
  if (host == "_") return "it is \"_\", which stands for no host";
  std::string_view label;
  for (std::size_t begin = 0; begin <= host.size(); begin += label.size() + 1) {
    label = host.substr(begin, host.find('.', begin) - begin);
    for (std::size_t i = 0; i < label.size(); ++i) {
      if (!may_be_in_label(label[i])) return describe_character(label, i);
    }
    if (auto problem = label_problem(label)) return problem;
  }
  if (is_number(label) && !is_address(AF_INET, host))
    return "it ends in a number, but is not an IPv4 address";
  return std::nullopt;
}

InstanceKey::InstanceKey(std::string_view hostname, std::uint16_t port)
    : hostname_(without_final_dot(hostname)), port_(port) {
  const auto whole = [&] { return fmt::format("{}:{}", hostname.substr(0, max_host_length + 1), port); };
  if (host_name_problem(hostname)) check_host(hostname, whole());
  if (port == 0) refuse(whole(), "the port is not an integer from 1 to 65535");
}

InstanceKey InstanceKey::parse(std::string_view given, std::uint16_t default_port) {
  const auto text = trim(given);
  std::string_view host = text;
  auto port = default_port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) refuse(text, "the bracket is not closed");
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') refuse(text, "a colon and the port must follow the bracket");
    if (!rest.empty()) port = parse_port(rest.substr(1), text);
    host = text.substr(1, close - 1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && !is_ipv6(text)) {
    port = parse_port(text.substr(colon + 1), text);
    host = text.substr(0, colon);
  }
  check_host(host, text);
  return {Checked{}, without_final_dot(host), port};
}

InstanceKey InstanceKey::from_parts(std::string_view hostname, std::string_view port) {
  const auto whole =
      fmt::format("{}:{}", hostname.substr(0, max_host_length + 1), port.substr(0, max_host_length));
  auto host = trim(hostname);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto number = parse_port(port, whole);
  check_host(host, whole);
  return {Checked{}, without_final_dot(host), number};
}

std::optional<InstanceKey> InstanceKey::from_reported(std::string_view hostname, std::int64_t port) {
  if (port < 1 || port > max_port || host_name_problem(hostname)) return std::nullopt;
  return InstanceKey(Checked{}, without_final_dot(hostname), static_cast<std::uint16_t>(port));
}

std::string InstanceKey::display() const {
  if (hostname_.find(':') != std::string::npos) return fmt::format("[{}]:{}", hostname_, port_);
  return fmt::format("{}:{}", hostname_, port_);
}

std::string display_of(const std::optional<InstanceKey>& key) {
  return key ? key->display() : "none";
}

}  // namespace topo
