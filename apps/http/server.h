// Server: HTTP/1.1 over TCP, from sockets to requests and back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "http/api.h"
#include "http/listen_address.h"

namespace orchestrator {

class Server {
 public:
  // Called by many threads at once; must not throw.
  using Handle = std::function<Response(const Request&)>;

  Server(Handle handle, std::shared_ptr<spdlog::logger> log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Returns the port. Throws Error{unreachable} when the address is not this machine's, or taken.
  std::uint16_t bind(const ListenAddress& address);
  // Serves until stop() and until all requests have been answered. False: listening failed. Once only.
  bool serve();
  // From any thread, at any time; then serve() ends, or does not even begin.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orchestrator
