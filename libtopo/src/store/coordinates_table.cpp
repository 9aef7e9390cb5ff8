// database_instance_coordinates_history: reading and purging. PlaceNotes writes it.
#include <fmt/format.h>

#include "store/table_factories.h"

namespace topo::store {
namespace {

constexpr int max_places = 200;

class CoordinatesTable : public CoordinatesStore {
 public:
  explicit CoordinatesTable(Database& database) : database_(database) {}

  std::vector<BinlogCoordinates> recorded(const InstanceKey& key, LogType type) override {
    const auto* const log = type == LogType::binary ? "binary" : "relay";
    const auto select = fmt::format(
        "SELECT {0}_log_file, {0}_log_pos FROM database_instance_coordinates_history WHERE hostname = ? AND"
        " port = ? AND {0}_log_file <> '' AND {0}_log_pos > 0 ORDER BY recorded_timestamp DESC, history_id"
        " DESC LIMIT {1}",
        log, max_places);
    std::vector<BinlogCoordinates> found;
    database_.read([&](DatabaseSession& session) {
      found.clear();
      bool is_of_this_log = true;
      session.query(
          select, {std::string_view(key.hostname()), std::int64_t{key.port()}}, [&](const RowView& row) {
            BinlogCoordinates coordinates{row.string(0), static_cast<std::uint64_t>(row.number(1)), type};
            is_of_this_log = is_of_this_log && (found.empty() || coordinates <= found.back());
            if (is_of_this_log && (found.empty() || coordinates != found.back()))
              found.push_back(std::move(coordinates));
          });
    });
    return found;
  }

  std::uint64_t purge(std::chrono::hours age) override {
    std::uint64_t purged = 0;
    database_.write([&](DatabaseSession& session) {
      purged = session.execute(
          "DELETE FROM database_instance_coordinates_history WHERE recorded_timestamp <"
          " from_unixtime(unix_timestamp(current_timestamp) - ?)",
          {std::chrono::seconds(age).count()});
    });
    return purged;
  }

 private:
  Database& database_;
};

}  // namespace

std::unique_ptr<CoordinatesStore> make_coordinates_store(Database& database) {
  return std::make_unique<CoordinatesTable>(database);
}

}  // namespace topo::store
