// Unfinished operations: their process was killed in the middle, or they could not put a server right. What
// they left is told, and finished or undone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"

namespace topo::refactor {

enum class Aim;

struct UnfinishedServer {
  InstanceKey key;
  std::string
      state;  // "db2:3306 is left stopped, at mysql-bin.000012:4711 of db1:3306, its master as before"
  bool is_in_order = false;
};

struct UnfinishedOperation {
  UnendedOperation operation;
  std::vector<UnfinishedServer> servers;  // none while it is under way
};

struct Settlement {
  UnendedOperation operation;
  bool was_dry_run = false;
  std::vector<std::string> duties;  // what was done, or would be: a line a server
  // The instances as they are now, and the operation that was done again, for whoever was not moved yet.
  std::vector<Instance> now;
  std::optional<Report> repeated;
};

// Thread-safe.
class UnfinishedOperations {
 public:
  // All have to outlive the object. `take` and `make_servers` as those of Refactoring.
  UnfinishedOperations(Context& context, Refactoring& refactoring, Refactoring::Take take,
                       Refactoring::MakeServers make_servers = nullptr);

  // Those under way, too. Asks the servers of the others how they are.
  std::vector<UnfinishedOperation> list();

  // Of the operation that concerns `instance`: every server goes back to where it was before, and what ran
  // runs; but for a replica that has executed something at its new master already, which runs there. Throws
  // Error{not_found} when there is no such operation, {locked} when it is under way or somebody else works on
  // its servers, and what the first server that could not be put in order says; the operation then stays
  // unfinished.
  Settlement undo(const InstanceKey& instance, const Request& request);
  // Who was moved runs where it is; the others go back and are moved again, by the same operation. Throws as
  // undo(), and as the operation.
  Settlement finish(const InstanceKey& instance, const Request& request);

 private:
  struct Decision;
  Settlement settle(const InstanceKey& instance, Aim aim, const Request& request);
  Decision decide(Servers& servers, const UnendedOperation& operation, Aim aim) const;
  std::vector<Lock> take_over_locks(const UnendedOperation& operation, const std::string& title);
  Report repeat(const UnendedOperation& operation, const Decision& decision, const Request& request,
                const std::string& title);
  UnendedOperation find(const InstanceKey& instance);

  Context& context_;
  Refactoring& refactoring_;
  const Refactoring::Take take_;
  const Refactoring::MakeServers make_servers_;
};

}  // namespace topo::refactor
