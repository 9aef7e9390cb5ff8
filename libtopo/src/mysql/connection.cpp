#include "topo/mysql/connection.h"

#include <errmsg.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/shown_text.h"
#include "mysql/broken.h"
#include "mysql/client_library.h"
#include "mysql/local_end.h"
#include "topo/mysql/dialect.h"

namespace topo::mysql {

struct Connection::Handle {
  const ConnectionOptions options;
  Transport transport;  // outlives mysql_close(), which still writes
  std::optional<SteadyTime> deadline;
  MYSQL mysql{};

  Handle(const ConnectionOptions& wanted, TlsMode mode)
      : options(wanted), transport(options, mode, open_socket(options)) {
    mysql_init(&mysql);
  }
  ~Handle() {
    transport.allow({}, {});  // do not wait to send the final packet
    mysql_close(&mysql);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

namespace {

// Checks the host again, wherever the key comes from.
void check_host(const InstanceKey& server) {
  const auto problem = host_name_problem(server.hostname());
  if (!problem) return;
  throw Error(Code::invalid_argument,
              fmt::format("\"{}\" is not connected to: {}", shown_text(server.hostname()), *problem));
}

void check_user(const ConnectionOptions& options) {
  // The library would use the name of the user who runs this process.
  if (!options.user.empty()) return;
  throw Error(
      Code::invalid_argument,
      fmt::format("No user to connect to {} as: set MySQLTopologyUser, or MySQLOrchestratorUser for the "
                  "backend",
                  options.server.display()));
}

// True for errors of the client library; the server's begin at 1000 and continue at 3000.
bool is_client_error(unsigned number) {
  return number >= CR_MIN_ERROR && number <= CR_MAX_ERROR;
}

// The transport's failure, or else the library's error.
Broken why_broken(const MYSQL& mysql, const Transport& transport) {
  if (transport.failure()) {
    try {
      std::rethrow_exception(transport.failure());
    } catch (const Broken& broken) {
      return broken;
    } catch (const std::exception& error) {
      return {Code::unreachable, CR_UNKNOWN_ERROR, error.what()};
    }
  }
  auto& handle = const_cast<MYSQL&>(mysql);
  const auto number = mysql_errno(&handle);
  // The library's own message for this error contains no more information.
  if (number == CR_UNKNOWN_ERROR)
    return {Code::unreachable, number, "the client library cannot parse what the server sent"};
  return {is_client_error(number) ? Code::unreachable : Code::sql, number, mysql_error(&handle)};
}

// A server that sends anything is alive, whether or not it is of use here.
ReadFailure concluded_from(Code code, unsigned number) {
  switch (code) {
    case Code::sql: return ReadFailure::answered;
    // "this process is being stopped" has the number of a connection; TLS and login come after a greeting.
    case Code::refused:
      return number == CR_SERVER_LOST || number == CR_CONN_HOST_ERROR ? ReadFailure::local
                                                                      : ReadFailure::answered;
    case Code::timeout:
    case Code::unreachable:
      if (number == CR_CONN_HOST_ERROR || number == CR_SERVER_LOST || number == CR_SERVER_GONE_ERROR)
        return ReadFailure::no_answer;
      return number == CR_UNKNOWN_HOST ? ReadFailure::local : ReadFailure::answered;
    default: return ReadFailure::local;
  }
}

std::string_view without_end(std::string_view sql) {
  const auto last = sql.find_last_not_of(" \t\r\n;");
  return last == std::string_view::npos ? std::string_view{} : sql.substr(0, last + 1);
}

// The first words of a statement, for a message; no values, which may be secret.
std::string_view beginning_of(std::string_view sql) {
  constexpr std::size_t shown = 60;
  return sql.substr(0, std::min(shown, sql.find_first_of("'\"\n;")));
}

constexpr std::string_view next_marker = "orchestrator_next_answer";

bool is_marker(const ResultSet& rows) {
  return rows.columns().size() == 1 && rows.columns().front() == next_marker;
}

}  // namespace

SqlError::SqlError(Code code, unsigned number, const std::string& message, std::string reason,
                   ReadFailure failure)
    : Error(code, message),
      number_(number),
      failure_(failure == ReadFailure::unknown ? concluded_from(code, number) : failure),
      reason_(std::make_shared<const std::string>(std::move(reason))) {}

ReadFailure read_failure_of(const std::exception& error) noexcept {
  const auto* from_server = dynamic_cast<const SqlError*>(&error);
  return from_server == nullptr ? ReadFailure::local : from_server->failure();
}

Connection::Connection(const ConnectionOptions& options) {
  check_host(options.server);
  check_user(options);
  initialise_library();
  const auto began = std::chrono::steady_clock::now();
  const auto connect = [&](TlsMode mode) {
    handle_ = std::make_unique<Handle>(options, mode);
    handle_->transport.allow(options.connect_timeout - (std::chrono::steady_clock::now() - began), {});
    handle_->transport.end_by(options.end_by);
    return connect_over(handle_->mysql, handle_->transport, handle_->options);
  };
  bool connected = connect(options.tls.mode);
  if (!connected && options.tls.mode == TlsMode::preferred && handle_->transport.failed_in_tls())
    connected = connect(TlsMode::disabled);
  if (!connected) {
    auto broken = why_broken(handle_->mysql, handle_->transport);
    const auto message = fmt::format("Cannot connect to {} as \"{}\": {} ({})", options.server.display(),
                                     options.user, broken.reason, broken.number);
    throw SqlError(broken.code, broken.number, message, std::move(broken.reason), broken.failure);
  }
  handle_->transport.end_by({});
  server_version_ = mysql_get_server_info(&handle_->mysql);
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

SqlError Connection::last_error(std::string_view doing) const {
  const auto broken = why_broken(handle_->mysql, handle_->transport);
  std::string reason = fmt::format("{} ({})", broken.reason, broken.number);
  std::string message = fmt::format("{}: {}", handle_->options.server.display(), reason);
  if (!is_client_error(broken.number)) message += fmt::format(": {}", beginning_of(doing));
  return {broken.code, broken.number, message, std::move(reason), broken.failure};
}

void Connection::end_by(std::optional<SteadyTime> deadline) noexcept {
  handle_->deadline = deadline;
  handle_->transport.end_by(deadline);
}

void Connection::send(std::string_view sql, const AnswerLimits& limits) {
  ++requests_;
  handle_->transport.allow(handle_->options.read_timeout, limits);
  if (mysql_real_query(&handle_->mysql, sql.data(), sql.size()) != 0) throw last_error(sql);
}

ResultSet Connection::take_result() {
  ResultSet result;
  MYSQL& mysql = handle_->mysql;
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows(mysql_use_result(&mysql),
                                                                      &mysql_free_result);
  if (!rows) {
    if (mysql_errno(&mysql) != 0) throw last_error("reading the answer");
    result.affected_rows_ = mysql_affected_rows(&mysql);
    return result;
  }
  const auto width = mysql_num_fields(rows.get());
  const MYSQL_FIELD* fields = mysql_fetch_fields(rows.get());
  result.columns_.reserve(width);
  for (unsigned i = 0; i < width; ++i) result.columns_.emplace_back(fields[i].name, fields[i].name_length);
  while (MYSQL_ROW row = mysql_fetch_row(rows.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(rows.get());
    for (unsigned i = 0; i < width; ++i) result.append_cell(row[i], lengths[i]);
    ++result.row_count_;
  }
  if (mysql_errno(&mysql) != 0) throw last_error("reading the answer");
  return result;
}

void Connection::drain() {
  int more = 0;
  while ((more = mysql_next_result(&handle_->mysql)) == 0) take_result();
  if (more > 0) throw last_error("reading what follows the answer");
}

ResultSet Connection::query(std::string_view sql) {
  send(sql, handle_->options.limits);
  auto result = take_result();
  drain();
  return result;
}

void Connection::stream(std::string_view sql, const std::function<bool(Cells)>& take,
                        std::optional<std::uint64_t> most) {
  auto limits = handle_->options.limits;
  limits.rows = std::min(limits.rows, most.value_or(limits.rows));
  send(sql, limits);
  MYSQL& mysql = handle_->mysql;
  // Freeing the result reads the remaining rows.
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows(mysql_use_result(&mysql),
                                                                      &mysql_free_result);
  if (!rows) {
    if (mysql_errno(&mysql) != 0) throw last_error(sql);
    return;
  }
  std::vector<std::string_view> cells(mysql_num_fields(rows.get()));
  while (MYSQL_ROW row = mysql_fetch_row(rows.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(rows.get());
    for (std::size_t i = 0; i < cells.size(); ++i)
      cells[i] = row[i] == nullptr ? std::string_view() : std::string_view(row[i], lengths[i]);
    if (!take(cells)) return;
  }
  if (mysql_errno(&mysql) != 0) throw last_error(sql);
}

std::vector<Answer> Connection::query_all(std::span<const std::string> statements) {
  std::vector<Answer> answers(statements.size());
  std::size_t next = 0;
  while (next < statements.size()) {
    std::string request;
    for (std::size_t i = next; i < statements.size(); ++i) request.append(statements[i]).append(";\n");
    try {
      send(request, handle_->options.limits);
      for (;;) {
        answers[next].rows = take_result();
        ++next;
        const int more = mysql_next_result(&handle_->mysql);
        if (more < 0) break;
        const bool is_last = next == statements.size();
        if (more > 0) throw last_error(is_last ? "reading the answers" : statements[next]);
        if (is_last) {  // more results than statements
          take_result();
          drain();
          break;
        }
      }
    } catch (const SqlError& error) {
      if (error.connection_lost()) throw;
      if (next == statements.size()) break;  // after the last answer: belongs to no statement
      // Names the failed statement instead of the first one of the request.
      answers[next].error = last_error(statements[next]);
      ++next;
    }
  }
  return answers;
}

std::vector<Answer> Connection::query_all_untrusted(std::span<const std::string> statements) {
  const bool is_kept_reading = Dialect::of(server_version()).keeps_reading();
  const std::string_view begins_reading = is_kept_reading ? "SET SESSION TRANSACTION READ ONLY;\n" : "";
  const std::string_view ends_reading = is_kept_reading ? "SET SESSION TRANSACTION READ WRITE" : "";
  std::vector<Answer> answers(statements.size());
  std::size_t next = 0;
  bool has_ended_reading = false;
  while (next < statements.size()) {
    std::string request(begins_reading);
    for (std::size_t i = next; i < statements.size(); ++i) {
      // The text may end in a comment, so the marker needs its own line.
      request += fmt::format("{}\n;SELECT 1 AS {};\n", without_end(statements[i]), next_marker);
    }
    request += ends_reading;
    bool has_result = false;
    try {
      send(request, handle_->options.limits);
      for (;;) {
        auto rows = take_result();
        if (is_marker(rows)) {
          ++next;
          has_result = false;
        } else if (!has_result && next < statements.size()) {
          has_result = !rows.columns().empty();
          answers[next].rows = std::move(rows);
        }
        const int more = mysql_next_result(&handle_->mysql);
        if (more > 0) throw last_error("a configured query");
        if (more < 0) break;
      }
      has_ended_reading = true;
    } catch (const SqlError& error) {
      if (error.connection_lost()) {
        answers.resize(std::min(next + 1, answers.size()));
        answers.back().error = error;
        return answers;
      }
      if (next < statements.size()) {
        answers[next].rows = {};
        answers[next].error = last_error(statements[next]);
      }
      ++next;
    }
  }
  if (is_kept_reading && !has_ended_reading) query(ends_reading);
  return answers;
}

std::string Connection::quoted(std::string_view text) const {
  std::string out(text.size() * 2 + 3, '\0');
  out[0] = '\'';
  const auto length = mysql_real_escape_string(&handle_->mysql, out.data() + 1, text.data(), text.size());
  out[length + 1] = '\'';
  out.resize(length + 2);
  return out;
}

std::uint64_t Connection::thread_id() const noexcept {
  return mysql_thread_id(&handle_->mysql);
}

std::uint16_t Connection::local_port() const noexcept {
  return local_end(handle_->transport.descriptor()).port;
}

std::string Connection::local_end_display() const {
  return local_end(handle_->transport.descriptor()).display();
}

bool Connection::is_local_end(std::string_view host_and_port) const {
  Waiting waiting(handle_->options.interrupt);
  waiting.allow(handle_->options.connect_timeout);
  waiting.end_by(handle_->deadline);
  try {
    return local_end(handle_->transport.descriptor()).is(host_and_port, waiting);
  } catch (const Broken& broken) {
    throw Error(broken.code,
                fmt::format("{} shows this connection as one from {}: {}", handle_->options.server.display(),
                            shown_text(host_and_port), broken.reason));
  }
}

std::string Connection::peer_address() const {
  return mysql::peer_address(handle_->transport.descriptor());
}

bool Connection::has_same_peer(const Connection& other) const noexcept {
  return have_same_peer(handle_->transport.descriptor(), other.handle_->transport.descriptor());
}

const InstanceKey& Connection::server() const noexcept {
  return handle_->options.server;
}

bool Connection::encrypted() const noexcept {
  return handle_->transport.encrypted();
}

std::optional<std::string> Connection::certificate_problem() const {
  return handle_->transport.why_not_verified();
}

}  // namespace topo::mysql
