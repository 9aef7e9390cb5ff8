// active_node: one row, whose holder is the active node. node_health: who is alive.
#include <array>

#include "store/other_tables.h"

namespace topo::store {
namespace {

class NodeTable : public NodeStore {
 public:
  explicit NodeTable(Database& database) : database_(database) {}

  bool attempt_election(std::string_view hostname, std::string_view token,
                        std::chrono::seconds expiry) override {
    const std::string host(hostname);
    const std::string mine(token);
    bool elected = false;
    database_.write([&](Session& session) {
      session.execute(
          "UPDATE active_node SET first_seen_active = CASE WHEN token = ? THEN first_seen_active ELSE "
          "current_timestamp END,"
          " hostname = ?, token = ?, last_seen_active = current_timestamp WHERE anchor = 1 AND (hostname = ''"
          " OR (hostname = ? AND token = ?)"
          " OR unix_timestamp(last_seen_active) < unix_timestamp(current_timestamp) - ?)",
          {mine, host, mine, host, mine, expiry.count()});
      session.query("SELECT hostname, token FROM active_node WHERE anchor = 1", {},
                    [&](const RowView& row) { elected = row.text(0) == host && row.text(1) == mine; });
    });
    return elected;
  }

  void resign(std::string_view hostname, std::string_view token) override {
    database_.write([&](Session& session) {
      session.execute(
          "UPDATE active_node SET hostname = '', token = '' WHERE anchor = 1 AND hostname = ? AND token = ?",
          {std::string(hostname), std::string(token)});
    });
  }

  NodeHealth report_health(std::string_view hostname, std::string_view token, std::string_view command,
                           std::string_view version) override {
    static constexpr std::array<std::string_view, 2> key{"hostname", "token"};
    static constexpr std::array<std::string_view, 1> changed{"last_seen_active"};
    NodeHealth health;
    database_.write([&](Session& session) {
      session.execute(
          "INSERT INTO node_health (hostname, token, last_seen_active, first_seen_active, extra_info, "
          "command, app_version, db_backend)"
          " VALUES (?, ?, current_timestamp, current_timestamp, '', ?, ?, ?)" +
              sql::upsert_suffix(database_.engine(), key, changed) +
              ", incrementing_indicator = node_health.incrementing_indicator + 1",
          {std::string(hostname), std::string(token), std::string(command), std::string(version),
           database_.describe()});
      session.query("SELECT hostname, token FROM active_node WHERE anchor = 1", {}, [&](const RowView& row) {
        health.active_hostname = row.string(0);
        health.active_token = row.string(1);
      });
    });
    health.healthy = true;
    health.is_active_node = health.active_hostname == hostname && health.active_token == token;
    return health;
  }

 private:
  Database& database_;
};

}  // namespace

std::unique_ptr<NodeStore> make_node_store(Database& database) {
  return std::make_unique<NodeTable>(database);
}

}  // namespace topo::store
