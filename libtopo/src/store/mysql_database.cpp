#include "store/mysql_database.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

namespace topo::store {
namespace {

constexpr std::size_t kept_connections = 4;
constexpr std::size_t rows_per_statement = 200;
constexpr int migration_wait_seconds = 60;

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

class MysqlSession : public Session {
 public:
  MysqlSession(const mysql::ConnectionOptions& options, std::atomic<std::uint64_t>& statements)
      : connection_(options), statements_(statements) {
    // Times in UTC, strings as this program writes them, and no statement that half succeeds.
    connection_.query(
        "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',"
        " innodb_lock_wait_timeout = 10");
  }

  using Session::execute;
  using Session::query;
  void query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) override {
    const auto rows = run(with_values(sql, values));
    for (std::size_t i = 0; i < rows.size(); ++i) on_row(ResultRow(rows[i]));
  }
  std::uint64_t execute(std::string_view sql, std::span<const Value> values) override {
    return run(with_values(sql, values)).affected_rows();
  }
  void insert_rows(std::string_view insert, std::string_view suffix, std::size_t width,
                   std::span<const Values> rows) override {
    for (std::size_t begin = 0; begin < rows.size(); begin += rows_per_statement) {
      const auto part = rows.subspan(begin, std::min(rows_per_statement, rows.size() - begin));
      std::string statement(insert);
      for (const auto& row : part)
        statement += (&row == part.data() ? "" : ", ") + with_values(sql::tuples(1, width), row);
      statement += suffix;
      run(statement);
    }
  }

  // Lost before anything of the present use was done: all of it may be repeated.
  bool lost_at_once() const noexcept { return lost_ && done_ == 0; }
  void begin_use() noexcept { done_ = 0; }

 private:
  mysql::ResultSet run(const std::string& statement) {
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

  // The values in the place of the question marks. Texts of statements hold no other question mark.
  std::string with_values(std::string_view sql, std::span<const Value> values) const {
    std::string text;
    text.reserve(sql.size() + values.size() * 16);
    std::size_t next = 0;
    for (const char c : sql) {
      if (c != '?' || next == values.size()) {
        text += c;
        continue;
      }
      const auto& value = values[next++];
      if (const auto* number = std::get_if<std::int64_t>(&value))
        fmt::format_to(std::back_inserter(text), "{}", *number);
      else if (const auto* string = std::get_if<std::string>(&value))
        text += connection_.quoted(*string);
      else
        text += "NULL";
    }
    return text;
  }

  mysql::Connection connection_;
  std::atomic<std::uint64_t>& statements_;
  bool lost_ = false;
  unsigned done_ = 0;
};

class MysqlDatabase : public Database {
 public:
  explicit MysqlDatabase(mysql::ConnectionOptions options) : options_(std::move(options)) {
    options_.found_rows = true;
  }

  void read(const Work& work) override { with_session(work); }
  void write(const Work& work) override {
    with_session([&](Session& session) { in_transaction(session, work); });
  }

  // Statements that change the schema commit by themselves: a lock keeps other processes away, and each step
  // may be repeated.
  void migrate(const Work& work) override {
    const auto lock_name = options_.database + ".orchestrator_migration";
    with_session([&](Session& session) {
      std::int64_t locked = 0;
      session.query("SELECT GET_LOCK(?, ?)", {lock_name, std::int64_t{migration_wait_seconds}},
                    [&](const RowView& row) { locked = row.number(0); });
      if (locked != 1)
        throw Error(Code::backend, "another process has been changing the tables for too long");
      work(session);
      session.execute("DO RELEASE_LOCK(?)", {lock_name});
    });
  }

  std::vector<std::string> columns_of(Session& session, std::string_view table) override {
    std::vector<std::string> names;
    session.query(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?",
        {options_.database, std::string(table)}, [&](const RowView& row) { names.push_back(row.string(0)); });
    return names;
  }

  Engine engine() const noexcept override { return Engine::mysql; }
  std::string describe() const override {
    return fmt::format("mysql {}/{}", options_.server.display(), options_.database);
  }
  std::optional<std::uint64_t> data_version() override { return std::nullopt; }
  std::uint64_t statements() const noexcept override { return statements_; }

 private:
  static void in_transaction(Session& session, const Work& work) {
    session.execute("START TRANSACTION");
    try {
      work(session);
    } catch (...) {
      try {
        session.execute("ROLLBACK");
      } catch (const Error&) {  // the connection is gone, and the transaction with it
      }
      throw;
    }
    session.execute("COMMIT");
  }

  std::unique_ptr<MysqlSession> take(bool& kept) {
    {
      const std::lock_guard lock(mutex_);
      kept = !idle_.empty();
      if (kept) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
    }
    return std::make_unique<MysqlSession>(options_, statements_);
  }

  void with_session(const Work& work) {
    try {
      for (;;) {
        bool kept = false;
        auto session = take(kept);
        session->begin_use();
        try {
          work(*session);
        } catch (const Error&) {
          // A kept connection may have ended while it was idle.
          if (!kept || !session->lost_at_once()) throw;
          drop_idle();
          continue;
        }
        const std::lock_guard lock(mutex_);
        if (idle_.size() < kept_connections) idle_.push_back(std::move(session));
        return;
      }
    } catch (const mysql::SqlError& error) {
      throw Error(Code::backend, fmt::format("Backend {}: {}", describe(), error.what()));
    }
  }

  void drop_idle() {
    std::vector<std::unique_ptr<MysqlSession>> closing;
    const std::lock_guard lock(mutex_);
    closing.swap(idle_);
  }

  mysql::ConnectionOptions options_;
  std::atomic<std::uint64_t> statements_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<MysqlSession>> idle_;
};

}  // namespace

std::unique_ptr<Database> open_mysql(mysql::ConnectionOptions options) {
  return std::make_unique<MysqlDatabase>(std::move(options));
}

}  // namespace topo::store
