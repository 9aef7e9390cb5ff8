// Entries in the audit of what has been done, which the backend gets late if it does not answer now.
#pragma once

#include <string>
#include <string_view>

#include "topo/base/instance_key.h"
#include "topo/store/store.h"

namespace topo {

class Context;

// An entry of now, which is in the audit once, however often it is written.
class AuditWrite {
 public:
  AuditWrite(Context& context, std::string_view type, const InstanceKey& key, std::string_view message);

  // For a log.
  [[nodiscard]] std::string describe() const;
  // Throws what AuditStore::write() throws.
  void operator()();

 private:
  AuditStore& audit_;
  NewAuditEntry entry_;
};

// Why the backend has it not yet; "" when it has. Throws nothing.
std::string write_audit(Context& context, std::string_view type, const InstanceKey& key,
                        std::string_view message);

}  // namespace topo
