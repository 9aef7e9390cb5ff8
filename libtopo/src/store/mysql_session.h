// A session of a backend in MySQL or MariaDB. Not thread-safe: one caller at a time.
#pragma once

#include <atomic>

#include "store/database.h"
#include "topo/mysql/connection.h"

namespace topo::store {

// A connection to the backend. Statements throw mysql::SqlError.
class MysqlSession : public DatabaseSession {
 public:
  // Connects by options.end_by, if that is set.
  MysqlSession(const mysql::ConnectionOptions& options, std::atomic<std::uint64_t>& statements);

  using DatabaseSession::execute;
  using DatabaseSession::query;
  void query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) override;
  std::uint64_t execute(std::string_view sql, std::span<const Value> values) override;
  // Runs as few statements as possible, each well below the server's max_allowed_packet.
  void insert_rows(std::string_view insert, std::string_view suffix, std::size_t width,
                   std::span<const Values> rows) override;

  // Throws SqlError if the server does not answer by `end_by`. Not counted as a statement.
  void ping(SteadyTime end_by);
  // Statements from here on must be answered by `end_by`; nullopt: no limit.
  void begin_use(std::optional<SteadyTime> end_by) noexcept {
    done_ = 0;
    connection_.end_by(end_by);
  }
  // The connection was lost before any statement of the current use was done: all of it may be repeated.
  [[nodiscard]] bool lost_at_once() const noexcept { return lost_ && done_ == 0; }

 private:
  mysql::ResultSet run(const std::string& statement);
  void append_value(std::string& statement, const Value& value) const;
  [[nodiscard]] std::string with_values(std::string_view sql, std::span<const Value> values) const;

  mysql::Connection connection_;
  std::atomic<std::uint64_t>& statements_;
  bool lost_ = false;
  unsigned done_ = 0;
};

}  // namespace topo::store
