// Operation: one thing that orchestrator can do, described once. The command line, its help, the routes of
// the API, the access check and the reference are all made from the list of these: see catalogue.h.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "common/arguments.h"
#include "common/reply.h"

namespace orchestrator {

class Session;

enum class Group { information, refactoring, replication, recovery, maintenance, management, service };

enum class Access {
  read,
  write,  // refused in read-only mode and to users without the right
};

enum class Need {
  required,
  implicit,  // an instance that is not named on the command line is this host; over HTTP it is required
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

  bool on_command_line = true;
  // Templates such as "/api/instance/:host/:port"; a query parameter is written
  // "/api/search?s=:searchString". None: not offered over HTTP.
  std::vector<std::string_view> routes = {};
  // The answer depends on nothing but the path, the backend's contents and the second in which it is asked.
  bool cacheable = false;

  // Throws topo::Error. Called by run().
  Handler handler = nullptr;
  // Where it is set, a request over HTTP is answered by this, which starts the work and does not wait for it.
  Handler start_handler = nullptr;
  // Where it is set, a request over HTTP that may change nothing is answered by this.
  Handler reader_handler = nullptr;
  // How many requests over HTTP are answered by it at the same time; more are refused. 0: any number.
  std::size_t max_at_once = 0;
  // Needs neither configuration nor backend.
  bool standalone = false;
  // The program that does this instead, found beside the command line's own; then there is no handler.
  std::string_view program = {};
};

// Not only what is known of them.
[[nodiscard]] inline bool changes_servers(const Operation& operation) {
  const bool is_about_servers = operation.group == Group::refactoring ||
                                operation.group == Group::replication || operation.group == Group::recovery;
  return operation.access == Access::write && is_about_servers;
}

}  // namespace orchestrator
