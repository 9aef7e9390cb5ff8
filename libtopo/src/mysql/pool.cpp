#include "topo/mysql/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace topo::mysql {

struct Pool::State {
  struct Idle {
    std::unique_ptr<Connection> connection;
    std::chrono::steady_clock::time_point since;
  };
  struct Server {
    int in_use = 0;
    std::vector<Idle> idle;  // the newest last
  };

  Connect connect;
  int max_per_server;
  std::chrono::seconds max_idle;
  std::mutex mutex;
  std::condition_variable returned;
  std::unordered_map<InstanceKey, Server> servers;

  void release(const InstanceKey& key, std::unique_ptr<Connection> connection);
  void remove_if_unused(const InstanceKey& key);
};

void Pool::State::release(const InstanceKey& key, std::unique_ptr<Connection> connection) {
  std::vector<Idle> expired;  // closed outside the lock: closing sends a packet
  {
    const std::lock_guard lock(mutex);
    auto& server = servers[key];
    --server.in_use;
    const auto now = std::chrono::steady_clock::now();
    const auto first_fresh = std::find_if(server.idle.begin(), server.idle.end(),
                                          [&](const Idle& idle) { return now - idle.since < max_idle; });
    std::move(server.idle.begin(), first_fresh, std::back_inserter(expired));
    server.idle.erase(server.idle.begin(), first_fresh);
    if (connection) server.idle.push_back({std::move(connection), now});
    remove_if_unused(key);
  }
  returned.notify_all();
}

void Pool::State::remove_if_unused(const InstanceKey& key) {
  const auto found = servers.find(key);
  if (found != servers.end() && found->second.in_use == 0 && found->second.idle.empty()) servers.erase(found);
}

Pool::Pool(Connect connect, int max_per_server, std::chrono::seconds max_idle)
    : state_(std::make_unique<State>()) {
  state_->connect = std::move(connect);
  state_->max_per_server = std::max(1, max_per_server);
  state_->max_idle = max_idle;
}

Pool::~Pool() = default;

Pool::Lease Pool::acquire(const InstanceKey& key, std::chrono::milliseconds wait,
                          std::optional<SteadyTime> end_by) {
  {
    std::unique_lock lock(state_->mutex);
    const auto has_room = [&] { return state_->servers[key].in_use < state_->max_per_server; };
    const auto latest = std::chrono::steady_clock::now() + wait;
    if (!state_->returned.wait_until(lock, std::min(latest, end_by.value_or(latest)), has_room)) {
      throw Error(Code::timeout,
                  fmt::format("{}: all {} connections (MySQLTopologyMaxPoolConnections) are in use",
                              key.display(), state_->max_per_server));
    }
    auto& server = state_->servers[key];
    ++server.in_use;
    if (!server.idle.empty()) {
      auto connection = std::move(server.idle.back().connection);
      server.idle.pop_back();
      connection->end_by({});  // what its last holder set
      return {this, key, std::move(connection), true};
    }
  }
  try {
    return {this, key, std::make_unique<Connection>(state_->connect(key, end_by)), false};
  } catch (...) {
    state_->release(key, nullptr);
    throw;
  }
}

void Pool::drop(const InstanceKey& key) {
  std::vector<State::Idle> closing;
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->servers.find(key); found != state_->servers.end()) {
    closing.swap(found->second.idle);
    state_->remove_if_unused(key);
  }
}

Pool::Lease::Lease(Pool* pool, InstanceKey key, std::unique_ptr<Connection> connection, bool reused)
    : pool_(pool), key_(std::move(key)), connection_(std::move(connection)), reused_(reused) {}

Pool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      key_(std::move(other.key_)),
      connection_(std::move(other.connection_)),
      reused_(other.reused_),
      spoiled_(other.spoiled_) {}

Pool::Lease::~Lease() {
  if (pool_ == nullptr) return;
  if (spoiled_) connection_.reset();
  pool_->state_->release(key_, std::move(connection_));
}

}  // namespace topo::mysql
