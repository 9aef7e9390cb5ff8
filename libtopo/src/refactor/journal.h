// Journal: what an operation is doing, in the backend, for the case that its process is killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "topo/refactor/execution.h"
#include "topo/store/store.h"
#include "topo/topology/plan.h"

namespace topo {

class Context;

namespace refactor {

class Patience;

// Thread-safe.
class Journal {
 public:
  // Plans that leave nothing half done when they are interrupted are not noted: those of a single statement.
  // Throws Error{backend}.
  Journal(Context& context, const Plan& plan, const std::string& owner,
          const std::vector<std::int64_t>& locks);
  // What the plan's replicas are moved to is only known now. Throws Error{backend}.
  void decided(const Plan& plan);
  // Throws Error{backend}: then the server is not to be changed.
  void note(const OperationServer& server);
  void renew();  // its process goes on. Throws Error{backend}
  // The operation is over. Where something is left, somebody has to put it right, for which the record stays.
  // Where the backend fails this is logged.
  void close(const Outcome& outcome, Patience& patience);

 private:
  Context& context_;
  const std::string operation_;
  const bool starts_;  // replication
  std::optional<std::int64_t> id_;
};

}  // namespace refactor
}  // namespace topo
