// A connection to one MySQL or MariaDB server over libmysqlclient, and its answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topo/base/clock.h"
#include "topo/base/error.h"
#include "topo/base/instance_key.h"

namespace topo::mysql {

class Interrupt;

// disabled: never. preferred: when the server offers it; a server whose TLS this client cannot speak (5.6)
// is reached without. required: refused without, before a password is sent. verify: required, and the
// certificate must be signed by `ca_file`, or without one by an authority that the system trusts, and name
// the host. With a `ca_file` required wants the signature, too, and preferred tells whether it is there
// (Connection::certificate_problem).
enum class TlsMode { disabled, preferred, required, verify };

struct TlsOptions {
  TlsMode mode = TlsMode::preferred;
  std::string ca_file, cert_file, key_file;
};

// Of all that is answered to one request. Beyond them the connection is closed.
struct AnswerLimits {
  std::uint64_t bytes = std::uint64_t{64} << 20U;
  std::uint64_t rows = 1'000'000;
};

struct ConnectionOptions {
  InstanceKey server;
  std::string user, password, database;
  // How long the server may keep this end waiting, all waits added up, however much it sends between them:
  std::chrono::milliseconds connect_timeout{
      5000};  // for the whole of connecting: name service, TCP, TLS, login
  std::chrono::milliseconds read_timeout{10000};  // for the whole of an answer
  AnswerLimits limits;
  bool found_rows = false;  // affected_rows() counts the rows an UPDATE matched, not those it changed
  TlsOptions tls;
  std::optional<SteadyTime> end_by;            // besides that, connecting is over by then
  std::shared_ptr<const Interrupt> interrupt;  // ends every wait once it is raised; null: nothing does
};

// What a server answered instead of a result. `number` is the server's or the client library's (2xxx).
class SqlError : public Error {
 public:
  // `message` names the server and what was tried, `reason` is only what went wrong.
  SqlError(Code code, unsigned number, const std::string& message, std::string reason)
      : Error(code, message),
        number_(number),
        reason_(std::make_shared<const std::string>(std::move(reason))) {}
  [[nodiscard]] unsigned number() const noexcept { return number_; }
  [[nodiscard]] const std::string& reason() const noexcept { return *reason_; }
  // The server sent something that is no answer; the connection is lost.
  [[nodiscard]] bool is_malformed() const noexcept { return number_ == 2027; }
  // The connection is gone, not just the statement.
  [[nodiscard]] bool connection_lost() const noexcept { return number_ >= 2000 && number_ < 3000; }

 private:
  unsigned number_;
  std::shared_ptr<const std::string> reason_;  // shared: copying an exception must not throw
};

class ResultSet;

// One row, valid as long as its ResultSet. A NULL, or a column that the result does not have, is nullopt
// or the fallback. Column names compare without case (MySQL 8 capitalises some).
class Row {
 public:
  [[nodiscard]] std::optional<std::string_view> text(std::size_t column) const;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view column) const;
  [[nodiscard]] std::string string_or(std::string_view column, std::string_view fallback = "") const;
  // nullopt also for text that is not a number in range.
  [[nodiscard]] std::optional<std::int64_t> number(std::size_t column) const;
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view column) const;
  [[nodiscard]] std::int64_t number_or(std::string_view column, std::int64_t fallback = 0) const;
  // 1, ON, YES and TRUE are true, in any case.
  [[nodiscard]] bool flag(std::string_view column) const;

 private:
  friend class ResultSet;
  Row(const ResultSet* result, std::size_t row) : result_(result), row_(row) {}
  const ResultSet* result_;
  std::size_t row_;
};

// The rows that one statement returned, held in memory.
class ResultSet {
 public:
  ResultSet() = default;  // no columns, no rows: what a statement without a result gives

  // For tests and recorded answers. `rows` as wide as `columns`.
  ResultSet(std::vector<std::string> columns,
            const std::vector<std::vector<std::optional<std::string>>>& rows);

  [[nodiscard]] std::size_t size() const noexcept { return row_count_; }
  [[nodiscard]] bool empty() const noexcept { return row_count_ == 0; }
  [[nodiscard]] Row operator[](std::size_t row) const { return {this, row}; }
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  [[nodiscard]] std::optional<std::size_t> column_index(std::string_view name) const noexcept;
  [[nodiscard]] std::uint64_t affected_rows() const noexcept { return affected_rows_; }

 private:
  friend class Row;
  friend class Connection;
  struct Cell {
    std::uint32_t offset = 0;
    std::uint32_t length = null_length;
  };
  static constexpr std::uint32_t null_length = 0xffffffff;
  void append_cell(const char* bytes, std::size_t length);  // null bytes: NULL

  std::vector<std::string> columns_;
  std::vector<Cell> cells_;
  std::string bytes_;
  std::size_t row_count_ = 0;
  std::uint64_t affected_rows_ = 0;
};

// What became of one of several statements: a result, or the reason why there is none.
struct Answer {
  ResultSet rows;
  std::optional<SqlError> error;
};

// Not safe for use by two threads at once. Closed by the destructor.
class Connection {
 public:
  // Connects with utf8mb4 and multi-statements on. Throws SqlError{unreachable} or {timeout} when the
  // server does not answer, {sql} when it refuses the account, {refused} when it offers less TLS than the
  // options require or asks for the password in a way that would tell it to whoever runs that server; the
  // message names server and user, never the password. Error{invalid_argument}: there is no user, or the host
  // cannot be one.
  explicit Connection(const ConnectionOptions& options);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // Runs one statement and returns its rows. Throws SqlError; after one with connection_lost() the object
  // is only good for destruction.
  ResultSet query(std::string_view sql);

  // Runs one statement and hands out its rows as they arrive, without keeping them, until `take` says false;
  // the rest is then read and dropped. A NULL is an empty cell. More rows than `most` are as many as are
  // beyond the limits of the options. Throws SqlError, and what `take` throws.
  using Cells = std::span<const std::string_view>;
  void stream(std::string_view sql, const std::function<bool(Cells)>& take,
              std::optional<std::uint64_t> most = std::nullopt);

  // Sends all statements as one request and returns an answer for each, in order. A server stops at the
  // first that fails: the rest is then sent again without it, so that k failures cost at most k more
  // round trips (none for one at the end). Throws SqlError only when the connection is lost.
  // A statement must give at most one result and hold no semicolon outside quotes.
  std::vector<Answer> query_all(std::span<const std::string> statements);

  // As query_all, for text from a configuration, which may hold several statements or calls: the first
  // result of each is kept. Where the server can (Dialect::keeps_reading), what would change data or tables
  // fails. When the connection is lost, as when one is not answered in time, the answers are those that came
  // until then, the next one's error is the loss, and there are no more.
  std::vector<Answer> query_all_untrusted(std::span<const std::string> statements);

  // From here on all requests together end by then, besides what each of them is allowed; nullopt: no more
  // so.
  void end_by(std::optional<SteadyTime> deadline) noexcept;

  // `text` quoted and escaped for this connection's character set.
  [[nodiscard]] std::string quoted(std::string_view text) const;

  [[nodiscard]] const std::string& server_version() const noexcept {
    return server_version_;
  }  // of the handshake
  [[nodiscard]] std::uint64_t thread_id() const noexcept;
  [[nodiscard]] const InstanceKey& server() const noexcept;  // of the options
  [[nodiscard]] std::uint16_t local_port() const noexcept;   // of this end; 0: not known
  [[nodiscard]] std::string local_end_display() const;       // "10.1.2.3:40000"
  // Whether `host_and_port`, as a process list writes it, is this end of the connection; a host name in it is
  // looked up. Throws Error{timeout} or {unreachable} when the name service does not answer in time.
  [[nodiscard]] bool is_local_end(std::string_view host_and_port) const;
  [[nodiscard]] std::string peer_address() const;  // of the other end, in digits; "": not known
  // Whether both are made to one address and port.
  [[nodiscard]] bool has_same_peer(const Connection& other) const noexcept;
  [[nodiscard]] bool encrypted() const noexcept;
  // Why the server's certificate does not verify by `ca_file`; nullopt: it does, or there is no file or no
  // TLS.
  [[nodiscard]] std::optional<std::string> certificate_problem() const;
  [[nodiscard]] std::uint64_t requests_sent() const noexcept { return requests_; }

 private:
  struct Handle;
  void send(std::string_view sql, const AnswerLimits& limits);
  ResultSet take_result();
  void drain();
  [[nodiscard]] SqlError last_error(std::string_view doing) const;
  std::unique_ptr<Handle> handle_;
  std::string server_version_;
  std::uint64_t requests_ = 0;
};

}  // namespace topo::mysql
