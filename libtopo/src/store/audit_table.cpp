// audit.
#include <algorithm>
#include <limits>

#include "store/other_tables.h"
#include "store/stored_text.h"

namespace topo::store {
namespace {

class AuditTable : public AuditStore {
 public:
  explicit AuditTable(Database& database) : database_(database) {}

  void write(std::string_view type, const InstanceKey& key, std::string_view message) override {
    database_.write([&](Session& session) {
      session.execute(
          "INSERT INTO audit (audit_timestamp, audit_type, hostname, port, cluster_name, message)"
          " SELECT current_timestamp, ?, ?, ?, COALESCE((SELECT cluster_name FROM database_instance WHERE "
          "hostname = ? AND port = ?), ''), ?",
          {stored_text(type), stored_text(key.hostname), std::int64_t{key.port},
           std::string_view(key.hostname), std::int64_t{key.port}, stored_text(message, message_length)});
    });
  }

  std::vector<AuditEntry> read(unsigned page, unsigned page_size) override {
    const auto offset =
        std::min<std::uint64_t>(std::uint64_t{page} * page_size, std::numeric_limits<std::int64_t>::max());
    std::vector<AuditEntry> entries;
    database_.read([&](Session& session) {
      entries.clear();
      session.query(
          "SELECT audit_id, audit_timestamp, audit_type, hostname, port, message FROM audit ORDER BY "
          "audit_id DESC LIMIT ? OFFSET ?",
          {std::int64_t{page_size}, static_cast<std::int64_t>(offset)}, [&](const RowView& row) {
            entries.push_back({row.number(0),
                               row.string(1),
                               row.string(2),
                               {row.string(3), static_cast<std::uint16_t>(row.number(4))},
                               row.string(5)});
          });
    });
    return entries;
  }

 private:
  Database& database_;
};

}  // namespace

std::unique_ptr<AuditStore> make_audit_store(Database& database) {
  return std::make_unique<AuditTable>(database);
}

}  // namespace topo::store
