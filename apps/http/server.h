// Server: HTTP/1.1 over TCP, TLS or a socket in the file system; from sockets to requests and back.
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
  std::string certificate;  // with what lies between it and its authority
  std::string private_key;
  std::string authorities;  // of clients' certificates, which are then demanded; "": they are not
};

class Server {
 public:
  static constexpr std::size_t max_connections = 2048;  // of clients, at a time

  // `handle` is called by many threads at once.
  Server(Handle handle, std::shared_ptr<spdlog::logger> log);
  // HTTPS, TLS 1.2 or newer, only cipher suites with forward secrecy and authenticated encryption. Throws
  // Error{invalid_argument} for files that cannot be read or do not belong together.
  Server(Handle handle, std::shared_ptr<spdlog::logger> log, const TlsFiles& tls);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // How many percent of the connections one client address may hold, but for `unlimited`; counts for new
  // connections from now on. From any thread. Before the first call there is no limit.
  void limit_clients(int percent, AddressRanges unlimited);

  // Returns the port, 0 for a socket in the file system. That is made anew; whoever may connect to it, is
  // said by the rights of its folder. Throws Error{unreachable} when the address is not this machine's, or
  // taken.
  std::uint16_t bind(const ListenAddress& address);
  // Serves until stop() and until all requests have been answered. False: listening failed. Once only.
  bool serve();
  // From any thread, at any time; then serve() ends, or does not even begin. Streams that go on must be ended
  // by whoever feeds them.
  void stop();

 private:
  struct State;
  Server(Handle handle, std::shared_ptr<spdlog::logger> log, std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orchestrator
