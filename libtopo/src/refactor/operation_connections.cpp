#include "refactor/operation_connections.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "base/shown_text.h"
#include "mysql/kill_connection.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/mysql/connections.h"
#include "topo/mysql/dialect.h"

namespace topo::refactor {
namespace {

constexpr std::chrono::seconds least_patience{5};

struct Name {
  std::uint64_t id = 0;
  std::uint16_t port = 0;
};

// The server's connection id, which another connection may have after a restart of the server, and the local
// port, which distinguishes them.
std::string name_of_connection(const mysql::Connection& connection) {
  return fmt::format("{} {}", connection.thread_id(), connection.local_port());
}

// Zeros: not a name.
Name parse(std::string_view text) {
  Name name;
  const auto* end = text.data() + text.size();
  const auto id = std::from_chars(text.data(), end, name.id);
  if (id.ec != std::errc{} || id.ptr == end || *id.ptr != ' ') return {};
  const auto port = std::from_chars(id.ptr + 1, end, name.port);
  return port.ec == std::errc{} && port.ptr == end ? name : Name{};
}

}  // namespace

ServerConnection::ServerConnection(mysql::Connection made)
    : connection(std::move(made)),
      dialect(mysql::Dialect::of(connection.server_version())),
      name(name_of_connection(connection)) {}

ServerConnection& OperationConnections::to(const InstanceKey& key) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = connections_.find(key); found != connections_.end()) return *found->second;
  }
  const auto& configured = context_.configuration();
  auto options = topology_connection(configured, key);
  // A statement may wait this long on purpose, and then STOP SLAVE for a transaction to end.
  options.read_timeout += configured.instance_bulk_operations_wait_timeout;
  auto made = std::make_unique<ServerConnection>(mysql::Connection(options));
  end_lost(key, *made);
  const std::lock_guard lock(mutex_);
  return *connections_.insert_or_assign(key, std::move(made)).first->second;
}

mysql::Answer OperationConnections::ask_configured(const InstanceKey& key, std::string_view configured_by,
                                                   const std::string& query) {
  const auto began = std::chrono::steady_clock::now();
  const auto limit = std::chrono::milliseconds(context_.configuration().mysql_discovery_read_timeout) / 2;
  try {
    return with(key, [&](ServerConnection& link) {
      link.connection.end_by(std::chrono::steady_clock::now() + limit);
      auto answer = std::move(link.connection.query_all_untrusted({&query, 1}).front());
      link.connection.end_by(std::nullopt);
      if (answer.error && answer.error->connection_lost()) throw mysql::SqlError(*answer.error);
      return answer;
    });
  } catch (const mysql::SqlError& error) {
    if (error.code() != Code::timeout) throw;
  }
  const auto time = std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  to(key);  // ends the lost connection
  throw Error(
      Code::timeout,
      fmt::format("{} did not finish within {} ms on {} and was killed; check there what it waits for",
                  configured_by, time.count(), key.display()));
}

std::string OperationConnections::name_of(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(key);
  return found == connections_.end() ? std::string() : found->second->name;
}

void OperationConnections::end(const InstanceKey& key, std::string_view name) {
  if (!name.empty()) end(to(key), key, name);
}

void OperationConnections::drop(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(key);
  if (found == connections_.end()) return;
  lost_[key].push_back(found->second->name);
  connections_.erase(found);
}

void OperationConnections::end_lost(const InstanceKey& key, ServerConnection& link) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = lost_.find(key); found != lost_.end()) names = found->second;
  }
  if (names.empty()) return;
  for (const auto& name : names) end(link, key, name);
  const std::lock_guard lock(mutex_);
  lost_.erase(key);
}

void OperationConnections::end(ServerConnection& link, const InstanceKey& key, std::string_view name) {
  const auto [id, port] = parse(name);
  if (id == 0 || port == 0) return;
  const auto find = mysql::Dialect::select_connection(id, port);
  // KILL does not interrupt STOP SLAVE, which may wait for a transaction.
  const auto& patience = context_.configuration().instance_bulk_operations_wait_timeout;
  const auto deadline =
      std::chrono::steady_clock::now() + std::max<std::chrono::seconds>(patience, least_patience);
  constexpr std::chrono::milliseconds longest_pause{320};
  bool was_killed = false;
  for (std::chrono::milliseconds pause{2};; pause = std::min(2 * pause, longest_pause)) {
    const auto found = link.connection.query(find);
    if (found.empty()) return;
    if (!was_killed) kill(link, key, id);
    was_killed = true;
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(Code::timeout,
                  fmt::format("{} still executes a statement of an earlier connection ({}, {}, for {} s), "
                              "although it was killed",
                              key.display(), id, shown_text(found[0].string_or("state", "no state")),
                              found[0].number_or("time")));
    }
    std::this_thread::sleep_for(pause);
  }
}

void OperationConnections::kill(ServerConnection& link, const InstanceKey& key, std::uint64_t id) {
  context_.log().info(fmt::format("{}: killing an earlier connection ({})", key.display(), id));
  mysql::kill_connection(link.connection, id);
}

}  // namespace topo::refactor
