#include "store/mysql_session.h"

#include <fmt/format.h>

namespace topo::store {
namespace {

// max_allowed_packet is 1 MiB on MySQL 5.5, and more everywhere else.
constexpr std::size_t max_bytes = 512 * 1024;

class ResultRow : public RowView {
 public:
  explicit ResultRow(const mysql::Row& row) : row_(row) {}
  bool is_null(int column) const override { return !row_.text(static_cast<std::size_t>(column)); }
  std::string_view text(int column) const override {
    return row_.text(static_cast<std::size_t>(column)).value_or("");
  }
  std::int64_t number(int column) const override {
    return row_.number(static_cast<std::size_t>(column)).value_or(0);
  }

 private:
  mysql::Row row_;
};

}  // namespace

MysqlSession::MysqlSession(const mysql::ConnectionOptions& options, std::atomic<std::uint64_t>& statements)
    : connection_(options), statements_(statements) {
  connection_.end_by(options.end_by);
  // Times in UTC. Not strict: tables of other releases may have unknown columns without a default, and a
  // value that no column accepts (all are cut to size before) must affect its own instance only, not the
  // whole group. Ages may be negative after a clock was set back. Lock waits are short: transactions of other
  // processes are short, and longer locks belong to hanging ones.
  connection_.query(
      "SET SESSION time_zone = '+00:00', sql_mode = 'NO_ENGINE_SUBSTITUTION,NO_UNSIGNED_SUBTRACTION',"
      " innodb_lock_wait_timeout = 3, lock_wait_timeout = 10");
}

void MysqlSession::query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) {
  const auto rows = run(with_values(sql, values));
  for (std::size_t i = 0; i < rows.size(); ++i) on_row(ResultRow(rows[i]));
}

std::uint64_t MysqlSession::execute(std::string_view sql, std::span<const Value> values) {
  return run(with_values(sql, values)).affected_rows();
}

void MysqlSession::insert_rows(std::string_view insert, std::string_view suffix, std::size_t width,
                               std::span<const Values> rows) {
  const auto tuple = sql::tuple(width);
  std::string statement;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    statement += statement.empty() ? insert : ", ";
    statement += with_values(tuple, rows[i]);
    if (i + 1 < rows.size() && statement.size() < max_bytes) continue;
    run(statement.append(suffix));
    statement.clear();
  }
}

void MysqlSession::ping(SteadyTime end_by) {
  begin_use(end_by);
  try {
    connection_.query("DO 1");
  } catch (const mysql::SqlError& error) {
    lost_ = lost_ || error.connection_lost();
    throw;
  }
}

mysql::ResultSet MysqlSession::run(const std::string& statement) {
  ++statements_;
  try {
    auto rows = connection_.query(statement);
    ++done_;
    return rows;
  } catch (const mysql::SqlError& error) {
    lost_ = lost_ || error.connection_lost();
    throw;
  }
}

void MysqlSession::append_value(std::string& statement, const Value& value) const {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    statement += std::to_string(*number);
  else if (const auto* view = std::get_if<std::string_view>(&value))
    statement += connection_.quoted(*view);
  else if (const auto* text = std::get_if<std::string>(&value))
    statement += connection_.quoted(*text);
  else
    statement += "NULL";
}

// One pass, so that a question mark within a value is not replaced.
std::string MysqlSession::with_values(std::string_view sql, std::span<const Value> values) const {
  std::string text;
  text.reserve(sql.size() + values.size() * 16);
  auto value = values.begin();
  for (const char c : sql) {
    if (c == '?' && value != values.end())
      append_value(text, *value++);
    else
      text += c;
  }
  return text;
}

}  // namespace topo::store
