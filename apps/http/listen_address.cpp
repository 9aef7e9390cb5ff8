#include "http/listen_address.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <charconv>

#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::string_view socket_scheme = "unix:";

[[noreturn]] void refuse_address(std::string_view text) {
  throw topo::Error(topo::Code::invalid_argument,
                    fmt::format("ListenAddress is \"{}\"; expected host:port or :port, as in 127.0.0.1:3000, "
                                "or unix:/path/of/socket",
                                text));
}

}  // namespace

std::string ListenAddress::display() const {
  if (!socket.empty()) return fmt::format("{}{}", socket_scheme, socket);
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

ListenAddress parse_listen_address(std::string_view text) {
  if (text.starts_with(socket_scheme)) {
    // The kernel's limit, which includes the terminating NUL.
    constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;
    const auto path = text.substr(socket_scheme.size());
    if (!path.starts_with('/') || path.size() > longest_path) refuse_address(text);
    return {{}, 0, std::string(path)};
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse_address(text);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    refuse_address(text);
  }
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) refuse_address(text);
  return {std::string(host), port, {}};
}

}  // namespace orchestrator
