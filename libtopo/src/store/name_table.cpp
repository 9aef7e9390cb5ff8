// hostname_resolve and hostname_unresolve.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/stored_text.h"
#include "store/table_factories.h"

namespace topo::store {
namespace {

constexpr std::string_view select_names =
    "SELECT hostname, resolved_hostname, unix_timestamp(current_timestamp) - "
    "unix_timestamp(resolved_timestamp) FROM hostname_resolve";

// A time in the future was made up, or comes from a wrong clock: such a row counts as old.
constexpr std::int64_t max_clock_error = 60;

ResolvedName name_from(const RowView& row) {
  const auto age = row.number(2);
  const bool is_to_come = age < -max_clock_error;
  return {row.string(0), row.string(1),
          is_to_come ? std::chrono::years(1) : std::chrono::seconds(std::max<std::int64_t>(0, age))};
}

class NameTable : public NameStore {
 public:
  explicit NameTable(Database& database) : database_(database) {}

  std::optional<ResolvedName> resolved(std::string_view hostname) override {
    std::optional<ResolvedName> found;
    database_.read([&](DatabaseSession& session) {
      found.reset();
      session.query(fmt::format("{} WHERE hostname = ?", select_names), {hostname},
                    [&](const RowView& row) { found = name_from(row); });
    });
    return found;
  }
  std::vector<ResolvedName> all_resolved() override {
    std::vector<ResolvedName> all;
    database_.read([&](DatabaseSession& session) {
      all.clear();
      session.query(select_names, {}, [&](const RowView& row) { all.push_back(name_from(row)); });
    });
    return all;
  }
  void write_resolved(std::string_view hostname, std::string_view resolved) override {
    static constexpr std::array<std::string_view, 1> key{"hostname"};
    static constexpr std::array<std::string_view, 2> changed{"resolved_hostname", "resolved_timestamp"};
    if (!fits_name(hostname) || !fits_name(resolved)) return;  // this is only a cache
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "INSERT INTO hostname_resolve (hostname, resolved_hostname, resolved_timestamp) VALUES (?, ?, "
          "current_timestamp)" +
              sql::upsert_suffix(database_.engine(), key, changed),
          {hostname, resolved});
    });
  }
  void expire(std::chrono::minutes age) override {
    database_.write([&](DatabaseSession& session) {
      session.execute(
          "DELETE FROM hostname_resolve WHERE unix_timestamp(resolved_timestamp) < "
          "unix_timestamp(current_timestamp) - ? OR unix_timestamp(resolved_timestamp) > "
          "unix_timestamp(current_timestamp) + ?",
          {std::chrono::seconds(age).count(), max_clock_error});
    });
  }
  void clear() override {
    database_.write([](DatabaseSession& session) { session.execute("DELETE FROM hostname_resolve"); });
  }
  std::optional<std::string> unresolved(std::string_view hostname) override {
    std::optional<std::string> found;
    database_.read([&](DatabaseSession& session) {
      found.reset();
      session.query("SELECT unresolved_hostname FROM hostname_unresolve WHERE hostname = ?", {hostname},
                    [&](const RowView& row) { found = row.string(0); });
    });
    return found;
  }

 private:
  Database& database_;
};

}  // namespace

std::unique_ptr<NameStore> make_name_store(Database& database) {
  return std::make_unique<NameTable>(database);
}

}  // namespace topo::store
