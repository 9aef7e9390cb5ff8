// Server: HTTP/1.1 over TCP, TLS or a socket in the file system; turns bytes into requests and responses into
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/address_ranges.h"
#include "http/connection.h"
#include "http/listen_address.h"

namespace spdlog {
class logger;
}

namespace orchestrator {

// PEM files.
struct TlsFiles {
  std::string certificate;  // including intermediate certificates
  std::string private_key;
  std::string authorities;  // of client certificates, which are then required; "": not required
};

class Server {
 public:
  static constexpr std::size_t max_connections = 2048;  // client connections at a time

  // `handle` is called by many threads at once.
  Server(Handle handle, std::shared_ptr<spdlog::logger> log);
  // HTTPS with TLS 1.2 or newer and only cipher suites with forward secrecy and authenticated encryption.
  // Throws Error{invalid_argument} for files that cannot be read or do not belong together.
  Server(Handle handle, std::shared_ptr<spdlog::logger> log, const TlsFiles& tls);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The percentage of the connections that one client address may use; `unlimited` addresses are exempt.
  // Applies to new connections from now on. Callable from any thread. There is no limit before the first
  // call.
  void limit_clients(int percent, AddressRanges unlimited);

  // Returns the port, 0 for a socket in the file system. The socket file is created; the permissions of its
  // folder control who may connect. Throws Error{unreachable} when the address is not one of this machine, or
  // is in use.
  std::uint16_t bind(const ListenAddress& address);
  // Serves until stop() is called and all requests have been answered. False: listening failed. Call it only
  // once.
  bool serve();
  // Callable from any thread at any time; serve() then ends, or does not even begin. Streams do not end by
  // themselves: end their sources.
  void stop();

 private:
  struct State;
  Server(Handle handle, std::shared_ptr<spdlog::logger> log, std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orchestrator
