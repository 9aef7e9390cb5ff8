#include "store/sqlite_database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <unordered_map>

#include "store/time_text.h"

namespace topo::store {
namespace {

namespace fs = std::filesystem;

constexpr int busy_milliseconds = 5000;
constexpr std::size_t kept_readers = 4;

std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full; make room, and what was kept back is written";
    case SQLITE_READONLY: return "the file or its folder cannot be written; check their owner and mode";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "the file is damaged; move it away to begin anew, or restore it";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another process holds it locked";
    case SQLITE_CANTOPEN: return "it cannot be opened; check that its folder exists and who may write there";
    case SQLITE_IOERR: return "the disk reports an error";
    default: return "";
  }
}

// The handle knows no better by now: a new one may.
bool concerns_file(int code) {
  switch (code & 0xff) {
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return true;
    default: return false;
  }
}

class SqliteError : public Error {
 public:
  SqliteError(int code, const std::string& message) : Error(Code::backend, message), sqlite_code(code) {}
  int sqlite_code;
};

// unix_timestamp('YYYY-MM-DD HH:MM:SS') and from_unixtime(n), as MySQL has them in UTC.
void unix_timestamp(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* text = sqlite3_value_text(values[0]);
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (text == nullptr || std::sscanf(reinterpret_cast<const char*>(text), "%d-%d-%d%*1[ T]%d:%d:%d", &y, &mo,
                                     &d, &h, &mi, &s) < 3) {
    sqlite3_result_null(context);
    return;
  }
  const auto day = std::chrono::sys_days(std::chrono::year(y) / mo / d);
  const auto at = day + std::chrono::hours(h) + std::chrono::minutes(mi) + std::chrono::seconds(s);
  sqlite3_result_int64(context, at.time_since_epoch().count());
}

void from_unixtime(sqlite3_context* context, int, sqlite3_value** values) {
  const auto text = timestamp_text(Timestamp(std::chrono::seconds(sqlite3_value_int64(values[0]))));
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

class SqliteRow : public RowView {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::string_view text(int column) const override {
    const auto* bytes = sqlite3_column_text(statement_, column);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  std::int64_t number(int column) const override { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3_stmt* statement_;
};

// A handle and its prepared statements.
class SqliteSession : public Session {
 public:
  SqliteSession(const std::string& file, std::atomic<std::uint64_t>& statements)
      : file_(file), statements_(statements) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(
        file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) fail(code, "opening it");
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, busy_milliseconds);
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    sqlite3_create_function(handle, "unix_timestamp", 1, flags, nullptr, &unix_timestamp, nullptr, nullptr);
    sqlite3_create_function(handle, "from_unixtime", 1, flags, nullptr, &from_unixtime, nullptr, nullptr);
    // A small cache: the system keeps the file's pages anyway.
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;"
        "PRAGMA journal_size_limit = 4194304; PRAGMA temp_store = MEMORY");
  }

  using Session::execute;
  using Session::query;
  void query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) override {
    const Running running(prepared(sql));
    bind(running.statement, values);
    for (;;) {
      const int code = sqlite3_step(running.statement);
      if (code == SQLITE_DONE) return;
      if (code != SQLITE_ROW) fail(code, sql);
      on_row(SqliteRow(running.statement));
    }
  }
  std::uint64_t execute(std::string_view sql, std::span<const Value> values) override {
    query(sql, values, [](const RowView&) {});
    return static_cast<std::uint64_t>(sqlite3_changes(handle_.get()));
  }
  void insert_rows(std::string_view insert, std::string_view suffix, std::size_t width,
                   std::span<const Values> rows) override {
    const auto sql = fmt::format("{}{}{}", insert, sql::tuples(1, width), suffix);
    for (const auto& row : rows) execute(sql, std::span<const Value>(row));
  }

  // Without values or rows; several statements.
  void run(const char* sql) {
    ++statements_;
    if (const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
      fail(code, sql);
  }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

 private:
  struct CloseHandle {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct Running {
    explicit Running(sqlite3_stmt* s) : statement(s) {}
    ~Running() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    sqlite3_stmt* statement;
  };

  [[noreturn]] void fail(int code, std::string_view doing) const {
    const char* why = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
    const auto help = advice(code);
    constexpr std::size_t shown = 120;
    throw SqliteError(code, fmt::format("Backend {}: {}{}{} ({})", file_, why, help.empty() ? "" : ": ", help,
                                        doing.substr(0, shown)));
  }

  sqlite3_stmt* prepared(std::string_view sql) {
    ++statements_;
    std::string key(sql);
    if (const auto found = prepared_.find(key); found != prepared_.end()) return found->second.get();
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(code, sql);
    return prepared_.emplace(std::move(key), statement).first->second.get();
  }

  static void bind(sqlite3_stmt* statement, std::span<const Value> values) {
    int index = 0;
    for (const auto& value : values) {
      ++index;
      if (const auto* number = std::get_if<std::int64_t>(&value))
        sqlite3_bind_int64(statement, index, *number);
      else if (const auto* text = std::get_if<std::string>(&value))
        sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
      else
        sqlite3_bind_null(statement, index);
    }
  }

  std::string file_;
  std::atomic<std::uint64_t>& statements_;
  std::unique_ptr<sqlite3, CloseHandle> handle_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> prepared_;
};

class SqliteDatabase : public Database {
 public:
  explicit SqliteDatabase(std::string file) : file_(std::move(file)) { prepare_file(); }

  void read(const Work& work) override {
    auto session = take_reader();
    try {
      work(*session);
    } catch (const SqliteError& error) {
      if (concerns_file(error.sqlite_code)) forget_handles();
      throw;
    }
    const std::lock_guard lock(readers_mutex_);
    if (session.generation == generation_ && readers_.size() < kept_readers)
      readers_.push_back(std::move(session.session));
  }

  void write(const Work& work) override { in_transaction("BEGIN IMMEDIATE", work); }
  void migrate(const Work& work) override { in_transaction("BEGIN EXCLUSIVE", work); }

  std::vector<std::string> columns_of(Session& session, std::string_view table) override {
    std::vector<std::string> names;
    session.query("SELECT name FROM pragma_table_info(?)", {std::string(table)},
                  [&](const RowView& row) { names.push_back(row.string(0)); });
    return names;
  }

  Engine engine() const noexcept override { return Engine::sqlite; }
  std::string describe() const override { return "sqlite3 " + file_; }
  std::uint64_t statements() const noexcept override { return statements_; }

  // On a handle of its own, which therefore sees every commit, this process's too, as one by another.
  std::optional<std::uint64_t> data_version() override {
    const std::lock_guard lock(version_mutex_);
    try {
      if (!version_session_ || was_replaced()) {
        version_session_ = std::make_unique<SqliteSession>(file_, statements_);
        ++version_epoch_;
      }
      std::uint64_t version = 0;
      version_session_->query("PRAGMA data_version", {}, [&](const RowView& row) {
        version = static_cast<std::uint64_t>(row.number(0));
      });
      return (version_epoch_ << 40U) | version;
    } catch (const Error&) {
      version_session_.reset();
      return std::nullopt;  // whoever reads will say what is wrong
    }
  }

 private:
  struct Reader {
    std::unique_ptr<SqliteSession> session;
    std::uint64_t generation;
    SqliteSession& operator*() const { return *session; }
  };
  using FileIdentity = std::pair<dev_t, ino_t>;

  void prepare_file() {
    const fs::path path(file_);
    std::error_code ignored;
    if (path.has_parent_path() && !fs::exists(path.parent_path(), ignored)) {
      fs::create_directories(path.parent_path(), ignored);
      fs::permissions(path.parent_path(), fs::perms::owner_all, ignored);
    }
    // Made by us, not by SQLite, for its mode: the file tells of every server there is.
    if (!fs::exists(path, ignored)) {
      const auto former = umask(077);
      SqliteSession(file_, statements_);
      umask(former);
    }
  }

  FileIdentity identity() const {
    struct stat info {};
    if (stat(file_.c_str(), &info) != 0) return {};
    return {info.st_dev, info.st_ino};
  }

  // The file was moved away or another put in its place. Looked at no oftener than each second.
  bool was_replaced() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ < std::chrono::seconds(1)) return false;
    looked_at_ = now;
    const auto current = identity();
    const bool replaced = seen_ && *seen_ != current;
    seen_ = current;
    if (replaced) forget_handles();
    return replaced;
  }

  Reader take_reader() {
    std::uint64_t generation = 0;
    {
      const std::lock_guard lock(readers_mutex_);
      generation = generation_;
      if (!readers_.empty()) {
        auto session = std::move(readers_.back());
        readers_.pop_back();
        return {std::move(session), generation};
      }
    }
    return {std::make_unique<SqliteSession>(file_, statements_), generation};
  }

  void forget_handles() {
    std::vector<std::unique_ptr<SqliteSession>> closing;
    const std::lock_guard lock(readers_mutex_);
    ++generation_;
    closing.swap(readers_);
  }

  void in_transaction(const char* begin, const Work& work) {
    const std::lock_guard lock(writer_mutex_);
    try {
      const auto generation = current_generation();
      if (!writer_ || writer_generation_ != generation) {
        writer_.reset();
        prepare_file();
        writer_ = std::make_unique<SqliteSession>(file_, statements_);
        writer_generation_ = generation;
      }
      writer_->run(begin);
      work(*writer_);
      writer_->run("COMMIT");
    } catch (const SqliteError& error) {
      roll_back();
      if (concerns_file(error.sqlite_code)) {
        writer_.reset();
        forget_handles();
      }
      throw;
    } catch (...) {
      roll_back();
      throw;
    }
  }

  void roll_back() noexcept {
    try {
      if (writer_ && writer_->in_transaction()) writer_->run("ROLLBACK");
    } catch (...) {
      writer_.reset();  // closing rolls back too
    }
  }

  std::uint64_t current_generation() {
    const std::lock_guard lock(readers_mutex_);
    return generation_;
  }

  const std::string file_;
  std::atomic<std::uint64_t> statements_{0};
  std::mutex writer_mutex_;
  std::unique_ptr<SqliteSession> writer_;
  std::uint64_t writer_generation_ = 0;
  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<SqliteSession>> readers_;
  std::uint64_t generation_ = 0;  // of handles: those of an older one are not used again
  std::mutex version_mutex_;
  std::unique_ptr<SqliteSession> version_session_;
  std::uint64_t version_epoch_ = 0;
  std::chrono::steady_clock::time_point looked_at_{};
  std::optional<FileIdentity> seen_;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const std::string& file) {
  return std::make_unique<SqliteDatabase>(file);
}

std::string default_sqlite_file() {
  const auto from = [](const char* variable) -> fs::path {
    const char* value = std::getenv(variable);
    return value == nullptr ? fs::path{} : fs::path(value);
  };
  constexpr const char* name = "orchestrator.sqlite3";
  if (const auto state = from("STATE_DIRECTORY"); !state.empty()) return state / name;
  if (geteuid() == 0) return fs::path("/var/lib/orchestrator") / name;
  if (const auto state = from("XDG_STATE_HOME"); !state.empty()) return state / "orchestrator" / name;
  return from("HOME") / ".local/state/orchestrator" / name;
}

}  // namespace topo::store
