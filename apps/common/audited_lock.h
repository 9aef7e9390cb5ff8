// The audit message of a lock that a user has taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator {

// The owner and the reason of a lock; both are "" in an audit entry that is about something else.
struct AuditedLock {
  std::string_view owner, reason;
};

// "maintenanceToken: 7, owner: ann, reason: new disks"; clients match on these words.
[[nodiscard]] std::string audit_message_of_lock(std::int64_t id, std::string_view owner,
                                                std::string_view reason);
// The lock in such a message; refers to it. An owner with ", reason: " in it is cut there.
[[nodiscard]] AuditedLock lock_in(std::string_view audit_message);

}  // namespace orchestrator
