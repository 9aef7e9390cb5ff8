// Database: the backend as used by the store's tables: statements with bound values, rows, transactions. The
// engines are SQLite and MySQL; the SQL is the same except for what the functions of `sql` return.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pgtid/coordinates.h"
#include "topo/base/error.h"
#include "topo/base/instance_key.h"

namespace topo::store {

// A view must outlive the call that takes it.
using Value = std::variant<std::nullptr_t, std::int64_t, std::string_view, std::string>;
using Values = std::vector<Value>;

// A row of a result, valid only during the callback. NULL reads as "" and 0.
class RowView {
 public:
  virtual ~RowView() = default;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
  [[nodiscard]] virtual std::int64_t number(int column) const = 0;
  [[nodiscard]] std::string string(int column) const { return std::string(text(column)); }
  // Host name and port from this column and the next. nullopt: they name no server.
  [[nodiscard]] std::optional<InstanceKey> key(int column) const;
  // Log file and position from this column and the next.
  [[nodiscard]] pgtid::BinlogCoordinates coordinates(int column) const;
};
using OnRow = std::function<void(const RowView&)>;

// Runs statements for one thread, on one connection. Valid only while the Work that received it runs.
class DatabaseSession {
 public:
  virtual ~DatabaseSession() = default;
  // `sql` contains exactly one `?` for each value. Throws Error{backend}. `on_row` is called for each row;
  // its exceptions propagate.
  virtual void query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) = 0;
  // Returns the number of rows that matched, including unchanged ones.
  virtual std::uint64_t execute(std::string_view sql, std::span<const Value> values) = 0;
  // Inserts the rows, each of `width` values: `insert` ends after VALUES, `suffix` follows the rows.
  virtual void insert_rows(std::string_view insert, std::string_view suffix, std::size_t width,
                           std::span<const Values> rows) = 0;

  void query(std::string_view sql, std::initializer_list<Value> values, const OnRow& on_row) {
    query(sql, std::span(values.begin(), values.size()), on_row);
  }
  std::uint64_t execute(std::string_view sql, std::initializer_list<Value> values = {}) {
    return execute(sql, std::span(values.begin(), values.size()));
  }
};

enum class Engine { sqlite, mysql };

// Thread-safe.
class Database {
 public:
  // May be run again from its beginning if an idle connection turns out to be lost, or if MySQL rolls back
  // the transaction because of a deadlock.
  using Work = std::function<void(DatabaseSession&)>;
  virtual ~Database() = default;

  virtual void read(const Work& work) = 0;
  // Runs `work` in a transaction, which is rolled back if `work` throws.
  virtual void write(const Work& work) = 0;
  // For schema changes: one process at a time, in a transaction if the engine supports that.
  virtual void migrate(const Work& work) = 0;

  [[nodiscard]] virtual Engine engine() const noexcept = 0;
  [[nodiscard]] virtual std::string describe() const = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> data_version() = 0;
  [[nodiscard]] virtual std::uint64_t statements() const noexcept = 0;
};

// The SQL that differs between the engines.
namespace sql {
// " ON CONFLICT (k) DO UPDATE SET c = excluded.c, …" or " ON DUPLICATE KEY UPDATE c = VALUES(c), …".
[[nodiscard]] std::string upsert_suffix(Engine engine, std::span<const std::string_view> key,
                                        std::span<const std::string_view> columns);
// "INSERT OR IGNORE INTO " or "INSERT IGNORE INTO ".
[[nodiscard]] std::string_view insert_ignore(Engine engine);
// `(?, ?, …)`
[[nodiscard]] std::string tuple(std::size_t width);
// Ends a SELECT whose rows must not change until the transaction ends. Empty for SQLite, which has only one
// writer.
[[nodiscard]] std::string_view for_update(Engine engine);
// A condition: `expression` matches the pattern bound to its `?`, ignoring case (SQLite: of ASCII letters
// only).
[[nodiscard]] std::string is_like(Engine engine, std::string_view expression);
// The pattern for is_like() that matches texts containing `text`.
[[nodiscard]] std::string contains_pattern(std::string_view text);
// The id of the row last inserted by this session.
[[nodiscard]] std::string_view last_insert_id(Engine engine);
// hostname and port as "host:port".
[[nodiscard]] std::string_view host_port(Engine engine);
}  // namespace sql

}  // namespace topo::store
