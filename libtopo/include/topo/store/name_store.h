// NameStore: the host name cache in the backend. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

struct ResolvedName {
  std::string hostname;
  std::string resolved;
  std::chrono::seconds age{0};
};

// The host name cache that nodes and command lines share (hostname_resolve).
class NameStore {
 public:
  virtual ~NameStore() = default;
  virtual std::optional<ResolvedName> resolved(std::string_view hostname) = 0;
  virtual std::vector<ResolvedName> all_resolved() = 0;
  virtual void write_resolved(std::string_view hostname, std::string_view resolved) = 0;
  virtual void expire(std::chrono::minutes age) = 0;
  virtual void clear() = 0;
  // The name by which replicas connect to the host (hostname_unresolve, filled by users); nullopt: none.
  virtual std::optional<std::string> unresolved(std::string_view hostname) = 0;
};

}  // namespace topo
