#include "common/catalogue.h"

#include <algorithm>
#include <iterator>

#include "common/session.h"
#include "topo/base/edit_distance.h"

namespace orchestrator {
namespace {

Catalogue join_groups() {
  Catalogue all;
  for (auto* group :
       {information_operations, cluster_operations, changing_operations, log_position_operations,
        unfinished_operations, recovery_operations, maintenance_operations, management_operations,
        configuration_operations, service_operations}) {
    auto operations = group();
    std::move(operations.begin(), operations.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

const Catalogue& catalogue() {
  static const Catalogue all = join_groups();
  return all;
}

const Operation* find_operation(std::string_view name) {
  for (const auto& operation : catalogue()) {
    if (operation.name == name || std::ranges::find(operation.aliases, name) != operation.aliases.end()) {
      return &operation;
    }
  }
  return nullptr;
}

const Operation* nearest_operation(std::string_view name) {
  constexpr std::size_t longest_name = 40;
  if (name.size() > longest_name) return nullptr;
  const Operation* nearest = nullptr;
  std::size_t smallest = 3;
  for (const auto& operation : catalogue()) {
    if (!operation.on_command_line) continue;
    const auto distance = topo::edit_distance(name, operation.name);
    if (distance < smallest) {
      smallest = distance;
      nearest = &operation;
    }
  }
  return nearest;
}

Reply run(const Operation& operation, Session& session, const Arguments& arguments) {
  if (!changes_servers(operation)) return operation.handler(session, arguments);
  const auto under_way = session.begin_operation();
  return operation.handler(session, arguments);
}

}  // namespace orchestrator
