// Operation: one function of orchestrator, described once. The command line, its help, the routes of the API,
// the access check and the reference are generated from the list of operations (catalogue.h).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/arguments.h"
#include "common/reply.h"
#include "topo/refactor/operation.h"

namespace orchestrator {

class Session;

enum class Group { information, refactoring, replication, recovery, maintenance, management, service };

enum class Access {
  read,
  write,  // refused in read-only mode and to users without the right to write
};

enum class Need {
  required,
  implicit,  // on the command line, this host is the default; over HTTP it is required
  optional,
};

struct ParameterUse {
  Parameter parameter;
  Need need = Need::required;
};

using Handler = std::function<Reply(Session&, const Arguments&)>;

struct Operation {
  std::string_view name;
  std::vector<std::string_view> aliases = {};  // other spellings, on the command line and in routes
  Group group = Group::information;
  Access access = Access::read;
  std::vector<ParameterUse> parameters = {};
  std::string_view summary = {};  // one line
  std::string_view help = {};     // paragraphs and examples

  // How a user interface offers it; nullopt: it has a form of its own, or is not offered.
  std::optional<topo::refactor::MenuEntry> menu = {};

  bool on_command_line = true;
  // Templates such as "/api/instance/:host/:port"; a query parameter is written
  // "/api/search?s=:searchString". Empty: not available over HTTP.
  std::vector<std::string> routes = {};
  // The answer depends only on the path, the backend's contents and the second of the request.
  bool cacheable = false;
  // nullopt: an envelope, whose details depend on the operation.
  std::optional<Returns> returns = {};

  // Throws topo::Error. Called by run().
  Handler handler = nullptr;
  // If set, this handler answers HTTP requests instead: it starts the work and does not wait for it.
  Handler start_handler = nullptr;
  // If set, this handler answers HTTP requests that are not allowed to change anything.
  Handler reader_handler = nullptr;
  // Maximum number of concurrent HTTP requests; more are refused. 0: no limit.
  std::size_t max_at_once = 0;
  // Needs neither configuration nor backend.
  bool standalone = false;
  // The program that implements the operation, beside the command line's own; then there is no handler.
  std::string_view program = {};
};

// True if the operation changes servers, and not only the backend's data about them.
[[nodiscard]] inline bool changes_servers(const Operation& operation) {
  const bool is_about_servers = operation.group == Group::refactoring ||
                                operation.group == Group::replication || operation.group == Group::recovery;
  return operation.access == Access::write && is_about_servers;
}

}  // namespace orchestrator
