#include "common/catalogue.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "common/session.h"

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

// How many characters must be inserted, deleted or replaced to turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
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
    const auto distance = edit_distance(name, operation.name);
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
