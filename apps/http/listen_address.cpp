#include "http/listen_address.h"

#include <fmt/format.h>

#include <charconv>

#include "topo/base/error.h"

namespace orchestrator {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw topo::Error(
      topo::Code::invalid_argument,
      fmt::format("ListenAddress is \"{}\"; expected host:port or :port, as in 127.0.0.1:3000", text));
}

}  // namespace

std::string ListenAddress::display() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

ListenAddress parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    refuse(text);
  }
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) refuse(text);
  return {std::string(host), port};
}

}  // namespace orchestrator
