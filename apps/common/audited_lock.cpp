#include "common/audited_lock.h"

#include <fmt/format.h>

namespace orchestrator {
namespace {

constexpr std::string_view before_id = "maintenanceToken: ";
constexpr std::string_view before_owner = ", owner: ";
constexpr std::string_view before_reason = ", reason: ";

}  // namespace

std::string audit_message_of_lock(std::int64_t id, std::string_view owner, std::string_view reason) {
  return fmt::format("{}{}{}{}{}{}", before_id, id, before_owner, owner, before_reason, reason);
}

AuditedLock lock_in(std::string_view audit_message) {
  if (!audit_message.starts_with(before_id)) return {};
  const auto owner = audit_message.find(before_owner);
  if (owner == std::string_view::npos) return {};
  auto rest = audit_message.substr(owner + before_owner.size());
  const auto reason = rest.find(before_reason);
  if (reason == std::string_view::npos) return {};
  return {rest.substr(0, reason), rest.substr(reason + before_reason.size())};
}

}  // namespace orchestrator
