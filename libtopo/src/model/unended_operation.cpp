#include "topo/model/unended_operation.h"

#include <algorithm>

namespace topo {

std::string_view title_of(std::string_view operation, bool promotes) noexcept {
  return promotes && operation == "regroup-slaves" ? std::string_view("recover") : operation;
}

bool UnendedOperation::concerns(const InstanceKey& instance) const noexcept {
  return std::any_of(servers.begin(), servers.end(),
                     [&](const auto& server) { return server.key == instance; });
}

std::string describe(std::span<const Leftover> left) {
  std::string text;
  for (const auto& one : left) text += (text.empty() ? "" : "; ") + one.sentence;
  return text;
}

}  // namespace topo
