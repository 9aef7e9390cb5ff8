// A connection to a MySQL or MariaDB server over libmysqlclient, and its results.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
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
#include "topo/base/read_failure.h"

namespace topo::mysql {

class Interrupt;

// disabled: no TLS. preferred: TLS if the server offers it; a server whose TLS this client does not support
// (5.6) is connected to without. required: fails without TLS, before a password is sent. verify: like
// required, and the certificate must name the host and be signed by `ca_file`, or without a `ca_file` by an
// authority that the system trusts. With a `ca_file`, required also checks the signature, and preferred
// reports whether it is valid (Connection::certificate_problem).
enum class TlsMode { disabled, preferred, required, verify };

struct TlsOptions {
  TlsMode mode = TlsMode::preferred;
  std::string ca_file, cert_file, key_file;
};

// Limits for all results of one request. Exceeding a limit closes the connection.
struct AnswerLimits {
  std::uint64_t bytes = std::uint64_t{64} << 20U;
  std::uint64_t rows = 1'000'000;
};

struct ConnectionOptions {
  InstanceKey server;
  std::string user, password, database;
  // The total time to wait for the server, however often it sends something in between:
  std::chrono::milliseconds connect_timeout{
      5000};                                      // for connecting: name service, TCP, TLS and login together
  std::chrono::milliseconds read_timeout{10000};  // for a whole answer
  AnswerLimits limits;
  bool found_rows = false;  // affected_rows() counts rows matched by an UPDATE, not rows changed
  TlsOptions tls;
  std::optional<SteadyTime> end_by;            // connecting also ends by then
  std::shared_ptr<const Interrupt> interrupt;  // ends every wait once raised; null: no interrupt
};

// A server returned an error. `number` is an error number of the server or of the client library (2xxx).
class SqlError : public Error {
 public:
  // `message` names the server and what was tried; `reason` is only the cause. `failure` unknown: concluded
  // from code and number.
  SqlError(Code code, unsigned number, const std::string& message, std::string reason,
           ReadFailure failure = ReadFailure::unknown);
  [[nodiscard]] unsigned number() const noexcept { return number_; }
  [[nodiscard]] const std::string& reason() const noexcept { return *reason_; }
  // What the error says about the server; never none or unknown.
  [[nodiscard]] ReadFailure failure() const noexcept { return failure_; }
  // The server's answer violates the protocol; the connection is lost.
  [[nodiscard]] bool is_malformed() const noexcept { return number_ == 2027; }
  // The connection is lost, not only the statement.
  [[nodiscard]] bool connection_lost() const noexcept { return number_ >= 2000 && number_ < 3000; }

 private:
  unsigned number_;
  ReadFailure failure_;
  std::shared_ptr<const std::string> reason_;  // shared: copying an exception must not throw
};

// What an exception thrown while a server was read says about the server; local for all but SqlError.
[[nodiscard]] ReadFailure read_failure_of(const std::exception& error) noexcept;

class ResultSet;

// A row, valid as long as its ResultSet. NULL, or a missing column, yields nullopt or the fallback. Column
// names are case-insensitive (MySQL 8 capitalizes some).
class Row {
 public:
  [[nodiscard]] std::optional<std::string_view> text(std::size_t column) const;
  [[nodiscard]] std::optional<std::string_view> text(std::string_view column) const;
  [[nodiscard]] std::string string_or(std::string_view column, std::string_view fallback = "") const;
  // nullopt also for text that is not a number in range.
  [[nodiscard]] std::optional<std::int64_t> number(std::size_t column) const;
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view column) const;
  [[nodiscard]] std::int64_t number_or(std::string_view column, std::int64_t fallback = 0) const;
  // True for 1, ON, YES and TRUE, in any case.
  [[nodiscard]] bool flag(std::string_view column) const;

 private:
  friend class ResultSet;
  Row(const ResultSet* result, std::size_t row) : result_(result), row_(row) {}
  const ResultSet* result_;
  std::size_t row_;
};

// The rows returned by one statement, in memory.
class ResultSet {
 public:
  ResultSet() = default;  // no columns, no rows: the result of a statement that returns none

  // For tests and recorded results. Each row is as wide as `columns`.
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

// The outcome of one of several statements: its result, or an error.
struct Answer {
  ResultSet rows;
  std::optional<SqlError> error;
};

// Not thread-safe. The destructor closes the connection.
class Connection {
 public:
  // Connects with utf8mb4 and multi-statements enabled. Throws SqlError: {unreachable} or {timeout} if the
  // server does not answer, {sql} if it rejects the account, {refused} if it offers less TLS than the options
  // require or requests the password in a form that reveals it to the server. The message names server and
  // user, never the password. Throws Error{invalid_argument} without a user or for an invalid host.
  explicit Connection(const ConnectionOptions& options);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // Executes one statement and returns its rows. Throws SqlError; after an error with connection_lost(), the
  // connection can only be destroyed.
  ResultSet query(std::string_view sql);

  // Executes one statement and passes its rows to `take` as they arrive, without storing them, until `take`
  // returns false; the remaining rows are then read and discarded. NULL is an empty cell. More than `most`
  // rows count as exceeding the limits of the options. Throws SqlError, and what `take` throws.
  using Cells = std::span<const std::string_view>;
  void stream(std::string_view sql, const std::function<bool(Cells)>& take,
              std::optional<std::uint64_t> most = std::nullopt);

  // Sends all statements in one request and returns an answer for each, in order. The server stops at the
  // first failing statement; the remaining ones are then sent again, so k failures cost at most k more round
  // trips (none for a failure of the last statement). Throws SqlError only if the connection is lost. A
  // statement must return at most one result and contain no semicolon outside quotes.
  std::vector<Answer> query_all(std::span<const std::string> statements);

  // Like query_all(), for configured text, which may contain several statements or calls: the first result of
  // each text is kept. Where supported (Dialect::keeps_reading), statements that change data or tables fail.
  // If the connection is lost, for example by a timeout, returns the answers so far and the loss as the error
  // of the next one.
  std::vector<Answer> query_all_untrusted(std::span<const std::string> statements);

  // All following requests together end by `deadline`, besides their own timeouts; nullopt removes the
  // deadline.
  void end_by(std::optional<SteadyTime> deadline) noexcept;

  // `text` quoted and escaped for this connection's character set.
  [[nodiscard]] std::string quoted(std::string_view text) const;

  [[nodiscard]] const std::string& server_version() const noexcept {
    return server_version_;
  }  // from the handshake
  [[nodiscard]] std::uint64_t thread_id() const noexcept;
  [[nodiscard]] const InstanceKey& server() const noexcept;  // from the options
  [[nodiscard]] std::uint16_t local_port() const noexcept;   // of the local end; 0: unknown
  [[nodiscard]] std::string local_end_display() const;       // "10.1.2.3:40000"
  // True if `host_and_port`, in process list format, is the local end of this connection; a host name is
  // looked up. Throws Error{timeout} or {unreachable} if the name service does not answer in time.
  [[nodiscard]] bool is_local_end(std::string_view host_and_port) const;
  [[nodiscard]] std::string peer_address() const;  // numeric address of the server's end; "": unknown
  // True if both connections lead to the same address and port.
  [[nodiscard]] bool has_same_peer(const Connection& other) const noexcept;
  [[nodiscard]] bool encrypted() const noexcept;
  // Why the server's certificate does not verify against `ca_file`; nullopt: it verifies, or there is no file
  // or no TLS.
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
