// Entries in the audit of what has been done, which the backend gets late if it does not answer now.
#pragma once

#include <string>
#include <string_view>

#include "topo/base/instance_key.h"

namespace topo {

class Context;

// Why the backend has it not yet; "" when it has. Throws nothing.
std::string write_audit(Context& context, std::string_view type, const InstanceKey& key,
                        std::string_view message);

// The same without trying now.
void write_audit_later(Context& context, std::string_view type, const InstanceKey& key,
                       std::string_view message);

}  // namespace topo
