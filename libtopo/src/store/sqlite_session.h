// A session of a backend in SQLite. Not thread-safe: one caller at a time.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <unordered_map>

#include "store/database.h"
#include "store/store_error.h"
#include "topo/base/clock.h"
#include "topo/mysql/interrupt.h"

namespace topo::store {

// The message names the file, the error that SQLite reports and the remedy.
class SqliteError : public StoreError {
 public:
  SqliteError(int code, const std::string& message);
  // The handle cannot be used any more; a new one may work once the file is in order.
  [[nodiscard]] bool concerns_file() const noexcept;

 private:
  int sqlite_code_;
};

// "Backend sqlite3 FILE: what: advice".
[[nodiscard]] SqliteError sqlite_error(const std::string& file, int code, std::string_view what);

// A handle and its prepared statements.
class SqliteSession : public DatabaseSession {
 public:
  // How long to wait for the lock of another process: not at all once `end` is raised; null: never raised.
  struct Waiting {
    std::chrono::milliseconds longest;
    std::shared_ptr<const mysql::Interrupt> end;
  };
  // The file must exist.
  SqliteSession(std::string file, Waiting waiting, std::atomic<std::uint64_t>& statements);

  using DatabaseSession::execute;
  using DatabaseSession::query;
  void query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) override;
  std::uint64_t execute(std::string_view sql, std::span<const Value> values) override;
  void insert_rows(std::string_view insert, std::string_view suffix, std::size_t width,
                   std::span<const Values> rows) override;

  // Runs one or several statements, without values or rows.
  void run(const char* sql);
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

 private:
  struct CloseHandle {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  static int wait_again(void* session, int times) noexcept;
  [[nodiscard]] bool may_wait_since(SteadyTime began) const noexcept;
  void write_ahead();
  [[noreturn]] void fail(int code, std::string_view doing) const;
  sqlite3_stmt* prepared(std::string_view sql);
  void step_all(sqlite3_stmt* statement, std::string_view sql, std::span<const Value> values,
                const OnRow* on_row);

  std::string file_;
  const Waiting waiting_;
  SteadyTime waits_since_{};
  std::atomic<std::uint64_t>& statements_;
  std::unique_ptr<sqlite3, CloseHandle> handle_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, TextHash, std::equal_to<>>
      prepared_;
};

}  // namespace topo::store
