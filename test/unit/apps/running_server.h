// A server on its own port, running for the lifetime of the object.
#pragma once

#include <thread>

#include "http/server.h"
#include "unit/apps/known_topology.h"

class RunningServer {
 public:
  explicit RunningServer(orchestrator::Handle handle,
                         const orchestrator::ListenAddress& address = {"127.0.0.1", 0, {}})
      : server_(std::move(handle), KnownTopology::silent_log()),
        port_(server_.bind(address)),
        thread_([this] { server_.serve(); }) {}
  ~RunningServer() { stop(); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] orchestrator::Server& server() { return server_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  orchestrator::Server server_;
  std::uint16_t port_;
  std::jthread thread_;
};
