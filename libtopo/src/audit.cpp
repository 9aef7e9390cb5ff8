#include "topo/audit.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "store/late_writes.h"
#include "topo/base/error.h"
#include "topo/context.h"

namespace topo {

void write_audit_later(Context& context, std::string_view type, const InstanceKey& key,
                       std::string_view message) {
  auto& audit = context.store().audit();
  context.late_writes().add(fmt::format("the audit entry \"{} {}: {}\"", type, key.display(), message),
                            [&audit, type = std::string(type), key, message = std::string(message)] {
                              audit.write(type, key, message);
                            });
}

std::string write_audit(Context& context, std::string_view type, const InstanceKey& key,
                        std::string_view message) {
  try {
    context.store().audit().write(type, key, message);
    return "";
  } catch (const std::exception& error) {
    context.log().error("The audit lacks {} of {}: {}", type, key.display(), error.what());
    write_audit_later(context, type, key, message);
    return error.what();
  }
}

}  // namespace topo
