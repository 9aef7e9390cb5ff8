// Journal: records in the backend what an operation does, in case its process is killed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "topo/refactor/execution.h"
#include "topo/refactor/operation.h"
#include "topo/store/store.h"
#include "topo/topology/plan.h"

namespace topo {

class Context;

namespace refactor {

class Patience;

// Thread-safe.
class Journal {
 public:
  // Plans of a single statement are not recorded: an interruption leaves nothing half done. Throws
  // Error{backend}.
  Journal(Context& context, const Plan& plan, const OperationArguments& arguments, const std::string& owner,
          const std::vector<std::int64_t>& locks);
  // Records where the replicas move, after the decision. Throws Error{backend}.
  void decided(const Plan& plan);
  // Throws Error{backend}: the server must not be changed then.
  void note(const OperationServer& server);
  void renew();  // records that the process is alive. Throws Error{backend}
  // The operation is over. If there are leftovers, the record stays until they are put in order. Backend
  // failures are logged.
  void close(const Outcome& outcome, Patience& patience);

 private:
  Context& context_;
  const std::string operation_;
  const bool starts_;  // starts replication
  std::optional<std::int64_t> id_;
};

}  // namespace refactor
}  // namespace topo
