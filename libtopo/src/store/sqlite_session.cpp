#include "store/sqlite_session.h"

#include <fmt/format.h>

#include <cstdio>

#include "store/time_text.h"

namespace topo::store {
namespace {

std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full; free some space";
    case SQLITE_READONLY: return "the file or its folder cannot be written; check their owner and mode";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "the file is damaged; restore it, or move it away and restart to create a new one";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "it is locked by another process; check which processes have it open";
    case SQLITE_CANTOPEN: return "check that the file and its folder exist and who may write there";
    case SQLITE_IOERR: return "the disk reports an error; check the disk and its free space";
    default: return "";
  }
}

// unix_timestamp('YYYY-MM-DD HH:MM:SS'), as MySQL has it in UTC.
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

// from_unixtime(seconds), the inverse.
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

// Resets a statement after its run, for the next one.
class Running {
 public:
  explicit Running(sqlite3_stmt* statement) : statement_(statement) {}
  ~Running() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  sqlite3_stmt* statement_;
};

int bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  // SQLite would bind a null address as NULL.
  return sqlite3_bind_text64(statement, index, text.data() == nullptr ? "" : text.data(), text.size(),
                             SQLITE_STATIC, SQLITE_UTF8);
}

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement, index, *number);
  if (const auto* view = std::get_if<std::string_view>(&value)) return bind_text(statement, index, *view);
  if (const auto* text = std::get_if<std::string>(&value)) return bind_text(statement, index, *text);
  return sqlite3_bind_null(statement, index);
}

bool is_lasting(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return true;
    default: return false;
  }
}

}  // namespace

SqliteError::SqliteError(int code, const std::string& message)
    : StoreError(message, topo::store::is_lasting(code)), sqlite_code_(code) {}

bool SqliteError::concerns_file() const noexcept {
  switch (sqlite_code_ & 0xff) {
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return true;
    default: return false;
  }
}

SqliteError sqlite_error(const std::string& file, int code, std::string_view what) {
  const auto help = advice(code);
  return {code, fmt::format("Backend sqlite3 {}: {}{}{}", file, what, help.empty() ? "" : ": ", help)};
}

SqliteSession::SqliteSession(std::string file, Waiting waiting, std::atomic<std::uint64_t>& statements)
    : file_(std::move(file)), waiting_(std::move(waiting)), statements_(statements) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file_.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code, "opening it");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_handler(handle, &wait_again, this);
  sqlite3_create_function(handle, "unix_timestamp", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                          &unix_timestamp, nullptr, nullptr);
  sqlite3_create_function(handle, "from_unixtime", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                          &from_unixtime, nullptr, nullptr);
  // A small cache: the system caches the file's pages anyway.
  run("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256; PRAGMA journal_size_limit = 4194304;"
      "PRAGMA temp_store = MEMORY");
  write_ahead();
}

// For sqlite3_busy_handler(): 0 to give up.
int SqliteSession::wait_again(void* session, int times) noexcept {
  constexpr int first_pauses = 10, longest_pause = 25;  // milliseconds
  auto& self = *static_cast<SqliteSession*>(session);
  const auto now = std::chrono::steady_clock::now();
  if (times == 0) self.waits_since_ = now;
  if (!self.may_wait_since(self.waits_since_)) return 0;
  sqlite3_sleep(times < first_pauses ? times + 1 : longest_pause);
  return 1;
}

bool SqliteSession::may_wait_since(SteadyTime began) const noexcept {
  if (waiting_.end && waiting_.end->is_raised()) return false;
  return std::chrono::steady_clock::now() - began < waiting_.longest;
}

// A new file must not be in use by others. SQLite does not wait for other processes there, as they might be
// about to do the same.
void SqliteSession::write_ahead() {
  constexpr const char* sql = "PRAGMA journal_mode = WAL";
  constexpr int pause_milliseconds = 5;
  const auto began = std::chrono::steady_clock::now();
  ++statements_;
  for (;;) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if ((code & 0xff) != SQLITE_BUSY || !may_wait_since(began)) fail(code, sql);
    sqlite3_sleep(pause_milliseconds);
  }
}

void SqliteSession::query(std::string_view sql, std::span<const Value> values, const OnRow& on_row) {
  step_all(prepared(sql), sql, values, &on_row);
}

std::uint64_t SqliteSession::execute(std::string_view sql, std::span<const Value> values) {
  step_all(prepared(sql), sql, values, nullptr);
  return static_cast<std::uint64_t>(sqlite3_changes(handle_.get()));
}

void SqliteSession::insert_rows(std::string_view insert, std::string_view suffix, std::size_t width,
                                std::span<const Values> rows) {
  if (rows.empty()) return;
  const auto sql = fmt::format("{}{}{}", insert, sql::tuple(width), suffix);
  auto* statement = prepared(sql);
  for (const auto& row : rows) step_all(statement, sql, row, nullptr);
}

void SqliteSession::run(const char* sql) {
  ++statements_;
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
}

void SqliteSession::fail(int code, std::string_view doing) const {
  constexpr std::size_t shown = 60;
  throw sqlite_error(file_, code,
                     fmt::format("{} ({}{})", handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code),
                                 doing.substr(0, shown), doing.size() > shown ? "…" : ""));
}

sqlite3_stmt* SqliteSession::prepared(std::string_view sql) {
  if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  return prepared_.emplace(sql, statement).first->second.get();
}

void SqliteSession::step_all(sqlite3_stmt* statement, std::string_view sql, std::span<const Value> values,
                             const OnRow* on_row) {
  ++statements_;
  const Running running(statement);
  for (int index = 1; const auto& value : values) {
    if (const int code = bind(statement, index++, value); code != SQLITE_OK) fail(code, sql);
  }
  const SqliteRow row(statement);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return;
    if (code != SQLITE_ROW) fail(code, sql);
    if (on_row != nullptr) (*on_row)(row);
  }
}

}  // namespace topo::store
