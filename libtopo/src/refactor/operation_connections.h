// OperationConnections: the connections of an operation to its servers.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "topo/mysql/connection.h"
#include "topo/mysql/dialect.h"

namespace topo {

class Context;

namespace refactor {

// A connection, and the dialect of its server.
struct ServerConnection {
  mysql::Connection connection;
  mysql::Dialect dialect;
  const std::string name;  // kept here because a lost connection cannot report it
  explicit ServerConnection(mysql::Connection made);
};

// One connection per server, made at first use and kept. A server may not notice at once that a connection is
// lost, and still execute what was sent over it; so the next connection ends the lost one first. Thread-safe,
// except for two simultaneous calls about one server.
class OperationConnections {
 public:
  explicit OperationConnections(Context& context) : context_(context) {}

  // Throws Error as the constructor of mysql::Connection, and as end().
  ServerConnection& to(const InstanceKey& key);

  // Calls use(line). A connection that is lost is not used again.
  template <typename Use>
  auto with(const InstanceKey& key, const Use& use) {
    try {
      return use(to(key));
    } catch (const mysql::SqlError& error) {
      if (error.connection_lost()) drop(key);
      throw;
    }
  }

  // Executes a query from the configuration, with the time limit of a poll, not of an operation's statement.
  // A query that hangs is ended on the server; then throws Error{timeout} with the configuration key.
  mysql::Answer ask_configured(const InstanceKey& key, std::string_view configured_by,
                               const std::string& query);

  // "": no connection.
  [[nodiscard]] std::string name_of(const InstanceKey& key);
  // Ends the connection of this name, of any process. Returns when the server no longer executes anything
  // sent over it. Throws Error{timeout}.
  void end(const InstanceKey& key, std::string_view name);

 private:
  void drop(const InstanceKey& key);
  void end_lost(const InstanceKey& key, ServerConnection& link);
  void end(ServerConnection& link, const InstanceKey& key, std::string_view name);
  void kill(ServerConnection& link, const InstanceKey& key, std::uint64_t id);

  Context& context_;
  std::mutex mutex_;
  std::unordered_map<InstanceKey, std::unique_ptr<ServerConnection>> connections_;
  std::unordered_map<InstanceKey, std::vector<std::string>> lost_;  // names
};

}  // namespace refactor
}  // namespace topo
