// Pool: reusable connections to monitored servers, with a limit per server.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "topo/base/instance_key.h"
#include "topo/mysql/connection.h"

namespace topo::mysql {

// Thread-safe. Leases must not outlive the pool.
class Pool {
 public:
  // Connects by `end_by` at the latest, if given.
  using Connect = std::function<Connection(const InstanceKey&, std::optional<SteadyTime> end_by)>;

  // Opens at most `max_per_server` connections (in use and idle) per server. A thread closes connections that
  // were idle for `max_idle`, even without further requests for the server. Another thread checks every
  // `look_again` whether names still resolve to the addresses of idle connections; if the name service does
  // not answer, they stay open.
  Pool(Connect connect, int max_per_server, std::chrono::seconds max_idle,
       std::chrono::milliseconds look_again = std::chrono::minutes(1));
  ~Pool();

  // A connection for exclusive use. Returns to the pool when the lease ends, unless spoiled.
  class Lease {
   public:
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    [[nodiscard]] Connection& operator*() const noexcept { return *connection_; }
    [[nodiscard]] Connection* operator->() const noexcept { return connection_.get(); }
    // The connection was idle in the pool; the server may have closed it since.
    [[nodiscard]] bool reused() const noexcept { return reused_; }
    // Closes the connection instead of returning it, because it is lost or its state is uncertain.
    void spoil() noexcept { spoiled_ = true; }

   private:
    friend class Pool;
    Lease(Pool* pool, InstanceKey key, std::unique_ptr<Connection> connection, bool reused,
          std::uint64_t drops);
    Pool* pool_;
    InstanceKey key_;
    std::unique_ptr<Connection> connection_;
    bool reused_;
    bool spoiled_ = false;
    std::uint64_t drops_;  // drop() count of that server when this connection was taken
  };

  // While all connections to the server are in use, waits at most `wait` and no later than `end_by`, then
  // throws Error{timeout}. Throws what Connection's constructor throws.
  [[nodiscard]] Lease acquire(const InstanceKey& server,
                              std::chrono::milliseconds wait = std::chrono::seconds(10),
                              std::optional<SteadyTime> end_by = std::nullopt);

  // Opens a new connection that belongs to the caller and is not pooled. Closes pooled connections to the
  // name if it led to another address when they were opened. Throws what Connection's constructor throws.
  [[nodiscard]] Connection connect(const InstanceKey& server,
                                   std::optional<SteadyTime> end_by = std::nullopt);

  // Closes the idle connections to one server, or to all; connections in use are closed when their leases
  // end.
  void drop(const InstanceKey& server);
  void drop_all();

  // Number of idle connections to all servers.
  [[nodiscard]] std::size_t idle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace topo::mysql
