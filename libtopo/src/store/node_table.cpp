// active_node: one row, which names the active node. node_health: the live processes.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/stored_text.h"
#include "store/table_factories.h"

namespace topo::store {
namespace {

class NodeTable : public NodeStore {
 public:
  explicit NodeTable(Database& database) : database_(database) {}

  bool attempt_election(std::string_view hostname, std::string_view token,
                        std::chrono::seconds expiry) override {
    std::optional<Holder> holder;
    const auto stand = [&](DatabaseSession& session) {
      session.execute(
          "UPDATE active_node SET first_seen_active = CASE WHEN token = ? THEN first_seen_active ELSE "
          "current_timestamp END,"
          " hostname = ?, token = ?, last_seen_active = current_timestamp WHERE anchor = 1 AND (hostname = ''"
          " OR (hostname = ? AND token = ?)"
          // A time in the future was made up, or comes from a wrong clock.
          " OR unix_timestamp(last_seen_active) < unix_timestamp(current_timestamp) - ?"
          " OR unix_timestamp(last_seen_active) > unix_timestamp(current_timestamp) + ?)",
          {token, hostname, token, hostname, token, expiry.count(), expiry.count()});
      holder = holder_of_office(session);
    };
    database_.write(stand);
    if (!holder) {
      // No node was ever active, or the row was deleted by hand. An empty row is inserted in a separate
      // transaction: several processes that fail to update a row and then insert it would end in a deadlock.
      database_.write([&](DatabaseSession& session) {
        session.execute(
            fmt::format("{}active_node (anchor, hostname, token, first_seen_active, last_seen_active)"
                        " VALUES (1, '', '', current_timestamp, current_timestamp)",
                        sql::insert_ignore(database_.engine())),
            {});
      });
      database_.write(stand);
    }
    return holder && holder->hostname == hostname && holder->token == token;
  }

  void seize(std::string_view hostname, std::string_view token) override {
    static constexpr std::array<std::string_view, 1> key{"anchor"};
    static constexpr std::array<std::string_view, 4> changed{"hostname", "token", "first_seen_active",
                                                             "last_seen_active"};
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "INSERT INTO active_node (anchor, hostname, token, first_seen_active, last_seen_active)"
          " VALUES (1, ?, ?, current_timestamp, current_timestamp)" +
              sql::upsert_suffix(database_.engine(), key, changed),
          {hostname, token});
    });
  }

  void resign(std::string_view hostname, std::string_view token) override {
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "UPDATE active_node SET hostname = '', token = '' WHERE anchor = 1 AND hostname = ? AND token = ?",
          {hostname, token});
    });
  }

  NodeHealth report_health(std::string_view hostname, std::string_view token, std::string_view command,
                           std::string_view version) override {
    static constexpr std::array<std::string_view, 2> key{"hostname", "token"};
    static constexpr std::array<std::string_view, 1> changed{"last_seen_active"};
    const auto backend = database_.describe();
    NodeHealth health;
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "INSERT INTO node_health (hostname, token, last_seen_active, first_seen_active, extra_info, "
          "command, app_version, db_backend)"
          " VALUES (?, ?, current_timestamp, current_timestamp, '', ?, ?, ?)" +
              sql::upsert_suffix(database_.engine(), key, changed) +
              ", incrementing_indicator = node_health.incrementing_indicator + 1",
          {stored_text(hostname), stored_text(token), stored_text(command), stored_text(version, 64),
           stored_text(backend, 255)});
      const auto holder = holder_of_office(session).value_or(Holder{});
      health.active_hostname = holder.hostname;
      health.active_token = holder.token;
    });
    health.healthy = true;
    health.is_active_node = health.active_hostname == hostname && health.active_token == token;
    return health;
  }

  std::vector<Node> seen_within(std::chrono::seconds age, std::chrono::seconds expiry) override {
    std::vector<Node> nodes;
    database_.read([&](DatabaseSession& session) {
      nodes.clear();
      session.query(
          "SELECT n.hostname, n.token, n.command, n.app_version, n.first_seen_active, n.last_seen_active,"
          " unix_timestamp(current_timestamp) - unix_timestamp(n.last_seen_active), a.anchor IS NOT NULL"
          " FROM node_health n LEFT JOIN active_node a ON a.anchor = 1 AND a.hostname = n.hostname"
          " AND a.token = n.token"
          " AND unix_timestamp(a.last_seen_active) >= unix_timestamp(current_timestamp) - ?"
          " AND unix_timestamp(a.last_seen_active) <= unix_timestamp(current_timestamp) + ?"
          " WHERE unix_timestamp(n.last_seen_active) >= unix_timestamp(current_timestamp) - ?"
          " ORDER BY n.last_seen_active DESC, n.hostname, n.token",
          {expiry.count(), expiry.count(), age.count()}, [&](const RowView& row) {
            nodes.push_back({row.string(0), row.string(1), row.string(2), row.string(3), row.string(4),
                             row.string(5), std::chrono::seconds(std::max<std::int64_t>(0, row.number(6))),
                             row.number(7) != 0});
          });
    });
    return nodes;
  }

 private:
  struct Holder {
    std::string hostname, token;
  };
  static std::optional<Holder> holder_of_office(DatabaseSession& session) {
    std::optional<Holder> holder;
    session.query("SELECT hostname, token FROM active_node WHERE anchor = 1", {}, [&](const RowView& row) {
      holder = {row.string(0), row.string(1)};
    });
    return holder;
  }

  Database& database_;
};

}  // namespace

std::unique_ptr<NodeStore> make_node_store(Database& database) {
  return std::make_unique<NodeTable>(database);
}

}  // namespace topo::store

namespace topo {

NodeState state_of(const Node& node) noexcept {
  constexpr std::chrono::seconds silence{20};
  return node.since_last_seen > silence ? NodeState::silent : NodeState::up;
}

}  // namespace topo
