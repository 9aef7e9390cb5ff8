// cluster_injected_pseudo_gtid: one row per cluster, with the time when an entry was last injected.
#include <array>

#include "store/stored_text.h"
#include "store/table_factories.h"

namespace topo::store {
namespace {

class PseudoGtidTable : public PseudoGtidStore {
 public:
  explicit PseudoGtidTable(Database& database) : database_(database) {}

  void note_injected(std::span<const std::string> clusters) override {
    static constexpr std::array<std::string_view, 1> key{"cluster_name"};
    static constexpr std::array<std::string_view, 1> changed{"time_injected"};
    if (clusters.empty()) return;
    database_.write([&](DatabaseSession& session) {
      std::string now;
      session.query("SELECT current_timestamp", {}, [&](const RowView& row) { now = row.string(0); });
      std::vector<Values> rows;
      rows.reserve(clusters.size());
      for (const auto& cluster : clusters) rows.push_back({stored_text(cluster), std::string_view(now)});
      session.insert_rows("INSERT INTO cluster_injected_pseudo_gtid (cluster_name, time_injected) VALUES ",
                          sql::upsert_suffix(database_.engine(), key, changed), 2, rows);
    });
  }

  std::vector<std::string> injected_within(std::chrono::seconds age) override {
    std::vector<std::string> clusters;
    database_.read([&](DatabaseSession& session) {
      clusters.clear();
      session.query(
          "SELECT cluster_name FROM cluster_injected_pseudo_gtid WHERE unix_timestamp(time_injected) >="
          " unix_timestamp(current_timestamp) - ? ORDER BY cluster_name",
          {age.count()}, [&](const RowView& row) { clusters.push_back(row.string(0)); });
    });
    return clusters;
  }

  InjectionTimes times() override {
    InjectionTimes times;
    database_.read([&](DatabaseSession& session) {
      session.query(
          "SELECT unix_timestamp(current_timestamp), MAX(unix_timestamp(time_injected))"
          " FROM cluster_injected_pseudo_gtid",
          {}, [&](const RowView& row) {
            times.now = std::chrono::seconds(row.number(0));
            times.last_noted.reset();
            if (!row.is_null(1)) times.last_noted = std::chrono::seconds(row.number(1));
          });
    });
    return times;
  }

  void purge(std::chrono::hours age) override {
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "DELETE FROM cluster_injected_pseudo_gtid WHERE unix_timestamp(time_injected) <"
          " unix_timestamp(current_timestamp) - ?",
          {std::chrono::seconds(age).count()});
    });
  }

 private:
  Database& database_;
};

}  // namespace

std::unique_ptr<PseudoGtidStore> make_pseudo_gtid_store(Database& database) {
  return std::make_unique<PseudoGtidTable>(database);
}

}  // namespace topo::store
