// NodeStore: the processes that share the backend. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

struct NodeHealth {
  bool healthy = false;
  bool is_active_node = false;
  std::string active_hostname, active_token;
};

// A process that shares the backend now, or did before.
struct Node {
  std::string hostname, token, command, version;
  std::string first_seen, last_seen;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds since_last_seen{0};
  bool is_active = false;  // is the active node, and reported within `expiry`
};

enum class NodeState {
  up,
  silent,  // has not reported for more than 20 seconds: most likely its process has ended
};
[[nodiscard]] NodeState state_of(const Node& node) noexcept;

// Which of the nodes that share a backend is active (active_node), and which are alive (node_health).
class NodeStore {
 public:
  virtual ~NodeStore() = default;
  // Makes this node the active node, if there is none or its role has expired, or renews the role of this
  // node; true when this node is active.
  virtual bool attempt_election(std::string_view hostname, std::string_view token,
                                std::chrono::seconds expiry) = 0;
  // Makes this node the active node, whichever node is active.
  virtual void seize(std::string_view hostname, std::string_view token) = 0;
  // Gives up the active role, so that another node can take it at once.
  virtual void resign(std::string_view hostname, std::string_view token) = 0;
  virtual NodeHealth report_health(std::string_view hostname, std::string_view token,
                                   std::string_view command, std::string_view version) = 0;
  // Nodes that reported within `age`, latest first. `expiry`: of the active role.
  virtual std::vector<Node> seen_within(std::chrono::seconds age, std::chrono::seconds expiry) = 0;
};

}  // namespace topo
