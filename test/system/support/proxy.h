// Real proxies in front of an HTTP server, which tell it the user.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "sandbox/ports.h"
#include "system/support/program.h"

namespace system_test {

enum class ProxyKind {
  nginx,            // as it comes
  nginx_keepalive,  // keeps connections to the server, and passes on all headers that it can read
  haproxy,          // shares connections to the server among clients
  haproxy_lenient,  // passes on malformed requests, too
};

[[nodiscard]] std::string name_of(ProxyKind kind);
[[nodiscard]] bool is_installed(ProxyKind kind);

// Runs until it is destroyed. Whatever a client says, the user is "feathers", in X-Forwarded-User,
// and X-Forwarded-For ends with the address of the client.
class Proxy {
 public:
  // To `server`, a port of 127.0.0.1; its files are in `folder`. Returns when it listens.
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
