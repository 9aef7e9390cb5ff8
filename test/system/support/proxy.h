// Real proxies in front of an HTTP server, which send it the user.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "sandbox/ports.h"
#include "system/support/program.h"

namespace system_test {

enum class ProxyKind {
  nginx,            // default settings
  nginx_keepalive,  // keeps connections to the server, and forwards all headers that it can parse
  haproxy,          // shares connections to the server among clients
  haproxy_lenient,  // also forwards malformed requests
};

[[nodiscard]] std::string name_of(ProxyKind kind);
[[nodiscard]] bool is_installed(ProxyKind kind);

// Runs until destroyed. Regardless of the client's headers, X-Forwarded-User is "feathers", and
// X-Forwarded-For ends with the client's address.
class Proxy {
 public:
  // `server`: a port of 127.0.0.1. The proxy's files are in `folder`. Returns when the proxy listens.
  Proxy(ProxyKind kind, std::uint16_t server, const std::filesystem::path& folder);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_.port(); }

 private:
  sandbox::ReservedPort port_{{"127.0.0.1"}};
  std::unique_ptr<Program> program_;
};

}  // namespace system_test
