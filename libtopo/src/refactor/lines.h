// Lines: the connections of an operation to servers.
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

// A connection and what the server at its end understands.
struct Line {
  mysql::Connection connection;
  mysql::Dialect dialect;
  const std::string name;  // which a lost connection cannot tell
  explicit Line(mysql::Connection made);
};

// One for each server, made when it is first used and kept. A server may not notice at once that a connection
// is lost, and go on with what was sent over it: so the next one ends the lost one before anything else.
// Thread-safe, but for two calls about one server at a time.
class Lines {
 public:
  explicit Lines(Context& context) : context_(context) {}

  // Throws Error as the constructor of mysql::Connection, and as end().
  Line& to(const InstanceKey& key);

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

  // Asks a query that a key of the configuration gives. It has as long as in a poll, not as long as a
  // statement of an operation; one that hangs is ended on the server. Throws Error{timeout} then, with the
  // key.
  mysql::Answer ask_configured(const InstanceKey& key, std::string_view configured_by,
                               const std::string& query);

  // "" when there is none.
  [[nodiscard]] std::string name_of(const InstanceKey& key);
  // Ends the connection of that name, of whatever process; returns when the server works on nothing that was
  // sent over it. Throws Error{timeout}.
  void end(const InstanceKey& key, std::string_view name);

 private:
  void drop(const InstanceKey& key);
  void end_lost(const InstanceKey& key, Line& line);
  void end(Line& line, const InstanceKey& key, std::string_view name);
  void kill(Line& line, const InstanceKey& key, std::uint64_t id);

  Context& context_;
  std::mutex mutex_;
  std::unordered_map<InstanceKey, std::unique_ptr<Line>> lines_;
  std::unordered_map<InstanceKey, std::vector<std::string>> lost_;  // names
};

}  // namespace refactor
}  // namespace topo
