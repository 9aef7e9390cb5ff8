#include "topo/audit.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/random_text.h"
#include "store/late_writes.h"
#include "store/store_error.h"
#include "topo/context.h"

namespace topo {
namespace {

constexpr std::size_t token_bytes = 16;

}  // namespace

AuditWrite::AuditWrite(Context& context, std::string_view type, const InstanceKey& key,
                       std::string_view message)
    : audit_(context.store().audit()),
      entry_{.type = std::string(type),
             .key = key,
             .message = std::string(message),
             .token = random_hex(token_bytes)} {}

std::string AuditWrite::describe() const {
  return fmt::format("the audit entry \"{} {}: {}\"", entry_.type, entry_.key.display(), entry_.message);
}

void AuditWrite::operator()() {
  try {
    audit_.write(entry_);
  } catch (const store::StoreError& error) {
    entry_.may_be_stored = entry_.may_be_stored || error.may_be_stored();
    throw;
  }
}

std::string write_audit(Context& context, std::string_view type, const InstanceKey& key,
                        std::string_view message) {
  try {
    AuditWrite write(context, type, key, message);
    try {
      write();
      return "";
    } catch (const std::exception& error) {
      context.log().error(
          fmt::format("Cannot write audit entry {} of {}: {}", type, key.display(), error.what()));
      context.late_writes().add(write.describe(), write);
      return error.what();
    }
  } catch (const std::exception& error) {  // no memory, no random bytes
    return error.what();
  }
}

}  // namespace topo
