// Pool: connections to monitored servers, kept and reused, bounded for each server.
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
  // Connects by then at the latest, if a time is given.
  using Connect = std::function<Connection(const InstanceKey&, std::optional<SteadyTime> end_by)>;

  // At most `max_per_server` connections, in use and idle, to one server. A thread closes those that have
  // been idle for `max_idle`, also when nobody asks the server any more. Another looks every `look_again`
  // whether names lead to where connections are kept to; where the name service does not say, they stay.
  Pool(Connect connect, int max_per_server, std::chrono::seconds max_idle,
       std::chrono::milliseconds look_again = std::chrono::minutes(1));
  ~Pool();

  // A connection for the holder alone. Goes back to the pool when the lease ends, unless it was spoiled.
  class Lease {
   public:
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    [[nodiscard]] Connection& operator*() const noexcept { return *connection_; }
    [[nodiscard]] Connection* operator->() const noexcept { return connection_.get(); }
    // It was idle in the pool before: the server may have closed it since.
    [[nodiscard]] bool reused() const noexcept { return reused_; }
    // Close it rather than give it back: it is lost, or its state is uncertain.
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
    std::uint64_t drops_;  // of connections to that server, when this one was taken
  };

  // Waits at most `wait`, and not beyond `end_by`, while the server's connections are all in use. Throws
  // Error{timeout} then, and what Connection's constructor throws.
  [[nodiscard]] Lease acquire(const InstanceKey& server,
                              std::chrono::milliseconds wait = std::chrono::seconds(10),
                              std::optional<SteadyTime> end_by = std::nullopt);

  // A connection of the caller's own, made now and not pooled: a kept one leads to where its name led when it
  // was made, and is closed if that was elsewhere. Throws what Connection's constructor throws.
  [[nodiscard]] Connection connect(const InstanceKey& server,
                                   std::optional<SteadyTime> end_by = std::nullopt);

  // Closes the idle connections to a server, or to all; those in use are closed when their leases end.
  void drop(const InstanceKey& server);
  void drop_all();

  // Open and idle, to all servers.
  [[nodiscard]] std::size_t idle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace topo::mysql
