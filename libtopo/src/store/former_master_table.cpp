// former_master: one row per master whose place another instance has taken, until that is settled.
#include <array>

#include "store/stored_text.h"
#include "store/table_factories.h"

namespace topo::store {
namespace {

class FormerMasterTable : public FormerMasterStore {
 public:
  explicit FormerMasterTable(Database& database) : database_(database) {}

  void note(const NewFormerMaster& former) override {
    static constexpr std::array<std::string_view, 2> key{"hostname", "port"};
    static constexpr std::array<std::string_view, 5> changed{
        "successor_hostname", "successor_port", "replaced_timestamp", "server_id", "server_uuid"};
    const auto& successor = former.successor;
    const std::string_view successor_name = successor.hostname();
    database_.write([&](DatabaseSession& session) {
      pass_on(session, former.key, successor);
      session.execute(
          "INSERT INTO former_master (hostname, port, successor_hostname, successor_port,"
          " replaced_timestamp, server_id, server_uuid) VALUES (?, ?, ?, ?, current_timestamp, ?, ?)" +
              sql::upsert_suffix(database_.engine(), key, changed),
          {stored_text(former.key.hostname()), std::int64_t{former.key.port()}, stored_text(successor_name),
           std::int64_t{successor.port()}, std::int64_t{former.server_id},
           stored_text(former.server_uuid, 64)});
    });
  }

  void pass_on(const InstanceKey& key, const InstanceKey& successor) override {
    database_.write([&](DatabaseSession& session) { pass_on(session, key, successor); });
  }

  bool end(const InstanceKey& key) override {
    bool was_known = false;
    database_.write([&](DatabaseSession& session) { was_known = end(session, key); });
    return was_known;
  }

  std::vector<InstanceKey> all() override {
    std::vector<InstanceKey> keys;
    database_.read([&](DatabaseSession& session) {
      keys.clear();
      session.query("SELECT hostname, port FROM former_master ORDER BY hostname, port", {},
                    [&](const RowView& row) {
                      if (auto key = row.key(0)) keys.push_back(std::move(*key));
                    });
    });
    return keys;
  }

 private:
  static void pass_on(DatabaseSession& session, const InstanceKey& key, const InstanceKey& successor) {
    end(session, successor);
    session.execute(
        "UPDATE former_master SET successor_hostname = ?, successor_port = ?"
        " WHERE successor_hostname = ? AND successor_port = ?",
        {std::string_view(successor.hostname()), std::int64_t{successor.port()},
         std::string_view(key.hostname()), std::int64_t{key.port()}});
  }
  static bool end(DatabaseSession& session, const InstanceKey& key) {
    return session.execute("DELETE FROM former_master WHERE hostname = ? AND port = ?",
                           {std::string_view(key.hostname()), std::int64_t{key.port()}}) > 0;
  }

  Database& database_;
};

}  // namespace

std::unique_ptr<FormerMasterStore> make_former_master_store(Database& database) {
  return std::make_unique<FormerMasterTable>(database);
}

}  // namespace topo::store
