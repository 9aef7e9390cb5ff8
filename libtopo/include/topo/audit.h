// Audit entries. An entry is written late if the backend does not answer.
#pragma once

#include <string>
#include <string_view>

#include "topo/base/instance_key.h"
#include "topo/store/store.h"

namespace topo {

class Context;

// An audit entry with the current time. Writing it several times stores it once. For one thread at a time.
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

// Writes an audit entry. Returns "", or why the backend does not have the entry yet. Throws nothing.
std::string write_audit(Context& context, std::string_view type, const InstanceKey& key,
                        std::string_view message);

}  // namespace topo
