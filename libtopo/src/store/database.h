// Database: the backend as the store's tables see it: statements with bound values, rows, transactions.
// One engine is SQLite, the other MySQL; the SQL is the same but for what the functions of `sql` make.
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

// A view must outlive the call that it is given to.
using Value = std::variant<std::nullptr_t, std::int64_t, std::string_view, std::string>;
using Values = std::vector<Value>;

// A row as the engine holds it, valid within the callback that it is given to. NULL reads as "" and 0.
class RowView {
 public:
  virtual ~RowView() = default;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
  [[nodiscard]] virtual std::int64_t number(int column) const = 0;
  [[nodiscard]] std::string string(int column) const { return std::string(text(column)); }
  // Host name and port from this column and the next. nullopt: they name no server, whoever wrote them.
  [[nodiscard]] std::optional<InstanceKey> key(int column) const;
  // Log file and position from this column and the next.
  [[nodiscard]] pgtid::BinlogCoordinates coordinates(int column) const;
};
using OnRow = std::function<void(const RowView&)>;

// Statements run by one thread, on one connection. Use it and let it go.
class Session {
 public:
  virtual ~Session() = default;
  // `sql` holds a `?` for each value, and no other. Throws Error{backend}. `on_row` is called for each row;
  // what it throws goes through.
  virtual void query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) = 0;
  // Returns the rows that matched (also where nothing changed).
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

// Safe for use by several threads.
class Database {
 public:
  // May be run again from its beginning, when a kept connection turns out to be lost or MySQL ends the
  // transaction because of a deadlock.
  using Work = std::function<void(Session&)>;
  virtual ~Database() = default;

  virtual void read(const Work& work) = 0;
  // In a transaction: all of it is kept, or, when it throws, none.
  virtual void write(const Work& work) = 0;
  // For changes of the schema: one process at a time, in a transaction where the engine has such.
  virtual void migrate(const Work& work) = 0;

  [[nodiscard]] virtual Engine engine() const noexcept = 0;
  [[nodiscard]] virtual std::string describe() const = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> data_version() = 0;
  [[nodiscard]] virtual std::uint64_t statements() const noexcept = 0;
};

// What is written differently, side by side.
namespace sql {
// " ON CONFLICT (k) DO UPDATE SET c = excluded.c, …" or " ON DUPLICATE KEY UPDATE c = VALUES(c), …".
[[nodiscard]] std::string upsert_suffix(Engine engine, std::span<const std::string_view> key,
                                        std::span<const std::string_view> columns);
// "INSERT OR IGNORE INTO " or "INSERT IGNORE INTO ".
[[nodiscard]] std::string_view insert_ignore(Engine engine);
// `(?, ?, …)`
[[nodiscard]] std::string tuple(std::size_t width);
// The ending of a SELECT whose rows must stay as they are until the transaction ends. SQLite has but one
// writer.
[[nodiscard]] std::string_view for_update(Engine engine);
// A condition: `expression` is like the pattern bound to its `?`, whatever the case of letters (on SQLite:
// of ASCII letters).
[[nodiscard]] std::string is_like(Engine engine, std::string_view expression);
// The pattern for is_like() that finds `text` within any text.
[[nodiscard]] std::string contains_pattern(std::string_view text);
// The number that the row inserted last by this session was given.
[[nodiscard]] std::string_view last_insert_id(Engine engine);
// hostname and port as "host:port".
[[nodiscard]] std::string_view host_port(Engine engine);
}  // namespace sql

}  // namespace topo::store
