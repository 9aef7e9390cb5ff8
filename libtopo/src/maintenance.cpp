#include "topo/maintenance.h"

#include <fmt/format.h>

#include "store/begin_or_withdraw.h"
#include "topo/context.h"

namespace topo {

std::vector<std::int64_t> begin_maintenance(Context& context, std::span<const MaintenanceRequest> requests,
                                            std::string_view owner, std::chrono::seconds duration) {
  auto& table = context.store().maintenance();
  const auto what = requests.empty()
                        ? "no lock"
                        : fmt::format("{} locks for: {}", requests.size(), requests.front().reason);
  return store::begin_or_withdraw(context.late_writes(), table, what, [&](std::string_view token) {
    return table.begin(requests, owner, duration, token);
  });
}

}  // namespace topo
