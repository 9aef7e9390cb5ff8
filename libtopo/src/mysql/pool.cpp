#include "topo/mysql/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "mysql/broken.h"
#include "mysql/name_service.h"
#include "mysql/waiting.h"

namespace topo::mysql {
namespace {

// The current addresses of a host; empty: no answer of the name service, or no such host.
std::vector<std::string> addresses_now(const std::string& host) {
  Waiting waiting;
  waiting.allow(std::chrono::seconds(1));
  try {
    return addresses_of(host, waiting);
  } catch (const Broken&) {
    return {};
  }
}

}  // namespace

struct Pool::State {
  struct Idle {
    std::unique_ptr<Connection> connection;
    SteadyTime since;
  };
  struct Server {
    int in_use = 0;
    std::uint64_t drops = 0;  // connections taken before the last drop are not kept
    std::vector<Idle> idle;   // the most recent last
  };

  Connect connect;
  int max_per_server;
  std::chrono::seconds max_idle;
  mutable std::mutex mutex;
  std::condition_variable returned;
  std::condition_variable_any kept;  // notified when there is an idle connection
  std::size_t idle_count = 0;
  std::unordered_map<InstanceKey, Server> servers;
  std::jthread closer, follower;

  void release(const InstanceKey& key, std::unique_ptr<Connection> connection, std::uint64_t drops);
  void close_idle(const std::stop_token& stop);
  void follow_names(const std::stop_token& stop, std::chrono::milliseconds look_again);
  void drop_led_elsewhere(const InstanceKey& key, const std::vector<std::string>& addresses);
  std::vector<Idle> take_idle(Server& server, SteadyTime until);
  std::vector<Idle> take_all(Server& server);
  void remove_if_unused(const InstanceKey& key);
};

// Takes connections idle since `until` or longer. Destroy them outside the lock: closing sends a packet.
std::vector<Pool::State::Idle> Pool::State::take_idle(Server& server, SteadyTime until) {
  std::vector<Idle> taken;
  const auto first_kept = std::find_if(server.idle.begin(), server.idle.end(),
                                       [&](const Idle& idle) { return idle.since > until; });
  std::move(server.idle.begin(), first_kept, std::back_inserter(taken));
  server.idle.erase(server.idle.begin(), first_kept);
  idle_count -= taken.size();
  return taken;
}

// Connections in use are closed when their leases end.
std::vector<Pool::State::Idle> Pool::State::take_all(Server& server) {
  ++server.drops;
  return take_idle(server, SteadyTime::max());
}

void Pool::State::close_idle(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    kept.wait(lock, stop, [&] { return idle_count > 0; });
    kept.wait_for(lock, stop,
                  std::max<std::chrono::milliseconds>(max_idle / 2, std::chrono::milliseconds(500)),
                  [] { return false; });
    std::vector<Idle> closing;
    const auto until = std::chrono::steady_clock::now() - max_idle;
    for (auto& [key, server] : servers) {
      auto taken = take_idle(server, until);
      std::move(taken.begin(), taken.end(), std::back_inserter(closing));
    }
    std::erase_if(servers,
                  [](const auto& item) { return item.second.in_use == 0 && item.second.idle.empty(); });
    lock.unlock();
    closing.clear();
    lock.lock();
  }
}

void Pool::State::follow_names(const std::stop_token& stop, std::chrono::milliseconds look_again) {
  while (!stop.stop_requested()) {
    std::vector<InstanceKey> keys;
    {
      std::unique_lock lock(mutex);
      kept.wait(lock, stop, [&] { return idle_count > 0; });
      kept.wait_for(lock, stop, look_again, [] { return false; });
      for (const auto& [key, server] : servers) {
        if (!server.idle.empty()) keys.push_back(key);
      }
    }
    for (const auto& key : keys) {
      if (stop.stop_requested()) return;
      if (const auto addresses = addresses_now(key.hostname()); !addresses.empty())
        drop_led_elsewhere(key, addresses);
    }
  }
}

void Pool::State::drop_led_elsewhere(const InstanceKey& key, const std::vector<std::string>& addresses) {
  std::vector<Idle> closing;
  const std::lock_guard lock(mutex);
  const auto found = servers.find(key);
  if (found == servers.end() || found->second.idle.empty()) return;
  auto& server = found->second;
  const auto is_elsewhere = [&](const Idle& idle) {
    const auto peer = idle.connection->peer_address();
    return !peer.empty() && std::find(addresses.begin(), addresses.end(), peer) == addresses.end();
  };
  if (std::none_of(server.idle.begin(), server.idle.end(), is_elsewhere)) return;
  closing = take_all(server);
  remove_if_unused(key);
}

void Pool::State::release(const InstanceKey& key, std::unique_ptr<Connection> connection,
                          std::uint64_t drops) {
  {
    const std::lock_guard lock(mutex);
    auto& server = servers[key];
    --server.in_use;
    if (connection && server.drops == drops) {
      server.idle.push_back({std::move(connection), std::chrono::steady_clock::now()});
      ++idle_count;
    }
    remove_if_unused(key);
  }
  returned.notify_all();
  kept.notify_all();
}

void Pool::State::remove_if_unused(const InstanceKey& key) {
  const auto found = servers.find(key);
  if (found != servers.end() && found->second.in_use == 0 && found->second.idle.empty()) servers.erase(found);
}

Pool::Pool(Connect connect, int max_per_server, std::chrono::seconds max_idle,
           std::chrono::milliseconds look_again)
    : state_(std::make_unique<State>()) {
  state_->connect = std::move(connect);
  state_->max_per_server = std::max(1, max_per_server);
  state_->max_idle = max_idle;
  state_->closer =
      std::jthread([state = state_.get()](const std::stop_token& stop) { state->close_idle(stop); });
  state_->follower = std::jthread([state = state_.get(), look_again](const std::stop_token& stop) {
    state->follow_names(stop, look_again);
  });
}

Pool::~Pool() {
  for (auto* thread : {&state_->closer, &state_->follower}) thread->request_stop();
  for (auto* thread : {&state_->closer, &state_->follower}) thread->join();
}

Pool::Lease Pool::acquire(const InstanceKey& key, std::chrono::milliseconds wait,
                          std::optional<SteadyTime> end_by) {
  std::uint64_t drops = 0;
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
    drops = server.drops;
    if (!server.idle.empty()) {
      auto connection = std::move(server.idle.back().connection);
      server.idle.pop_back();
      --state_->idle_count;
      connection->end_by({});  // removes the previous holder's deadline
      return {this, key, std::move(connection), true, drops};
    }
  }
  try {
    return {this, key, std::make_unique<Connection>(state_->connect(key, end_by)), false, drops};
  } catch (...) {
    state_->release(key, nullptr, drops);
    throw;
  }
}

Connection Pool::connect(const InstanceKey& key, std::optional<SteadyTime> end_by) {
  auto connection = state_->connect(key, end_by);
  if (const auto peer = connection.peer_address(); !peer.empty()) state_->drop_led_elsewhere(key, {peer});
  return connection;
}

void Pool::drop(const InstanceKey& key) {
  std::vector<State::Idle> closing;
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->servers.find(key);
  if (found == state_->servers.end()) return;
  closing = state_->take_all(found->second);
  state_->remove_if_unused(key);
}

void Pool::drop_all() {
  std::vector<State::Idle> closing;
  const std::lock_guard lock(state_->mutex);
  for (auto& [key, server] : state_->servers) {
    auto taken = state_->take_all(server);
    std::move(taken.begin(), taken.end(), std::back_inserter(closing));
  }
  std::erase_if(state_->servers, [](const auto& item) { return item.second.in_use == 0; });
}

std::size_t Pool::idle() const {
  const std::lock_guard lock(state_->mutex);
  return state_->idle_count;
}

Pool::Lease::Lease(Pool* pool, InstanceKey key, std::unique_ptr<Connection> connection, bool reused,
                   std::uint64_t drops)
    : pool_(pool), key_(std::move(key)), connection_(std::move(connection)), reused_(reused), drops_(drops) {}

Pool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      key_(std::move(other.key_)),
      connection_(std::move(other.connection_)),
      reused_(other.reused_),
      spoiled_(other.spoiled_),
      drops_(other.drops_) {}

Pool::Lease::~Lease() {
  if (pool_ == nullptr) return;
  if (spoiled_) connection_.reset();
  pool_->state_->release(key_, std::move(connection_), drops_);
}

}  // namespace topo::mysql
