#include "topo/mysql/connection.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysql.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <mutex>
#include <utility>

#include "topo/mysql/reachability.h"

namespace topo::mysql {

struct Connection::Handle {
  MYSQL mysql{};
  Handle() { mysql_init(&mysql); }
  ~Handle() { mysql_close(&mysql); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

namespace {

using Seconds = std::chrono::seconds;

// mysql_init initialises the library too, but not safely when two threads do it at once.
void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

bool is_lost(unsigned number) {
  return number == CR_SERVER_GONE_ERROR || number == CR_SERVER_LOST;
}

// Of the client library's own errors; the server's begin at 1000 and go on at 3000.
bool is_client_error(unsigned number) {
  return number >= CR_MIN_ERROR && number <= CR_MAX_ERROR;
}

Code code_of(unsigned number, bool timed_out) {
  if (!is_client_error(number)) return Code::sql;
  return timed_out ? Code::timeout : Code::unreachable;
}

void set_timeout(MYSQL& mysql, mysql_option option, Seconds timeout) {
  const auto seconds = static_cast<unsigned>(timeout.count());
  mysql_options(&mysql, option, &seconds);
}

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

void set_tls(MYSQL& mysql, const TlsOptions& tls, TlsMode mode) {
#ifdef LIBMARIADB
  const my_bool enforce = mode != TlsMode::disabled;
  const my_bool verify = mode == TlsMode::verify;
  mysql_options(&mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_options(&mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
#else
  unsigned ssl_mode = SSL_MODE_PREFERRED;
  if (mode == TlsMode::disabled) ssl_mode = SSL_MODE_DISABLED;
  if (mode == TlsMode::required) ssl_mode = SSL_MODE_REQUIRED;
  if (mode == TlsMode::verify) ssl_mode = SSL_MODE_VERIFY_IDENTITY;
  mysql_options(&mysql, MYSQL_OPT_SSL_MODE, &ssl_mode);
  const bool get_key = true;
  mysql_options(&mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &get_key);
#endif
  if (mode == TlsMode::disabled) return;
  if (const char* ca = or_null(tls.ca_file)) mysql_options(&mysql, MYSQL_OPT_SSL_CA, ca);
  if (const char* cert = or_null(tls.cert_file)) mysql_options(&mysql, MYSQL_OPT_SSL_CERT, cert);
  if (const char* key = or_null(tls.key_file)) mysql_options(&mysql, MYSQL_OPT_SSL_KEY, key);
}

// Tries once with this TLS mode. False: mysql_errno says why.
bool try_connect(MYSQL& mysql, const ConnectionOptions& options, TlsMode mode) {
  set_timeout(mysql, MYSQL_OPT_CONNECT_TIMEOUT, options.connect_timeout);
  set_timeout(mysql, MYSQL_OPT_READ_TIMEOUT, options.read_timeout);
  set_timeout(mysql, MYSQL_OPT_WRITE_TIMEOUT, options.read_timeout);
  // A server may ask its client for any local file unless the client refuses.
  const unsigned no_local_infile = 0;
  mysql_options(&mysql, MYSQL_OPT_LOCAL_INFILE, &no_local_infile);
  mysql_options(&mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // "localhost" must mean its TCP port, not whatever local socket there is.
  const unsigned tcp = MYSQL_PROTOCOL_TCP;
  mysql_options(&mysql, MYSQL_OPT_PROTOCOL, &tcp);
  set_tls(mysql, options.tls, mode);
  const auto flags = CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS |
                     (options.found_rows ? static_cast<unsigned long>(CLIENT_FOUND_ROWS) : 0UL);
  return mysql_real_connect(&mysql, options.server.hostname().c_str(), options.user.c_str(),
                            options.password.c_str(), or_null(options.database), options.server.port(),
                            nullptr, flags) != nullptr;
}

// In words that tell a host that refuses from one that is silent. The client library reports any failure to
// connect as "Operation now in progress" (115), so the system is asked once more.
std::string why_not_connected(MYSQL& mysql, const ConnectionOptions& options, bool timed_out) {
  if (timed_out) return fmt::format("no answer within {} s", options.connect_timeout.count());
  const auto number = mysql_errno(&mysql);
  if (number == CR_CONNECTION_ERROR || number == CR_CONN_HOST_ERROR) {
    if (auto failure = why_unreachable(options.server, options.connect_timeout)) return failure->reason;
  }
  return mysql_error(&mysql);
}

std::string_view without_end(std::string_view sql) {
  const auto last = sql.find_last_not_of(" \t\r\n;");
  return last == std::string_view::npos ? std::string_view{} : sql.substr(0, last + 1);
}

// What a statement is about, for a message: its first words, and no value, which might be a secret.
std::string_view beginning_of(std::string_view sql) {
  constexpr std::size_t shown = 60;
  return sql.substr(0, std::min(shown, sql.find_first_of("'\"\n;")));
}

constexpr std::string_view next_marker = "orchestrator_next_answer";

bool is_marker(const ResultSet& rows) {
  return rows.columns().size() == 1 && rows.columns().front() == next_marker;
}

}  // namespace

Connection::Connection(const ConnectionOptions& options)
    : server_(options.server), read_timeout_(options.read_timeout) {
  initialise_library();
  const auto began = std::chrono::steady_clock::now();
  handle_ = std::make_unique<Handle>();
  bool connected = try_connect(handle_->mysql, options, options.tls.mode);
  if (!connected && options.tls.mode == TlsMode::preferred &&
      mysql_errno(&handle_->mysql) == CR_SSL_CONNECTION_ERROR) {
    handle_ = std::make_unique<Handle>();
    connected = try_connect(handle_->mysql, options, TlsMode::disabled);
  }
  if (!connected) {
    const auto number = mysql_errno(&handle_->mysql);
    const bool timed_out =
        is_client_error(number) && std::chrono::steady_clock::now() - began >= options.connect_timeout;
    auto reason = why_not_connected(handle_->mysql, options, timed_out);
    const auto message = fmt::format("Cannot connect to {} as \"{}\": {} ({})", server_.display(),
                                     options.user, reason, number);
    throw SqlError(code_of(number, timed_out), number, message, std::move(reason));
  }
  // The client library connects in plain text to a server without TLS, and does not say so.
  const bool must_encrypt = options.tls.mode == TlsMode::required || options.tls.mode == TlsMode::verify;
  if (must_encrypt && !encrypted()) {
    throw SqlError(Code::refused, CR_SSL_CONNECTION_ERROR,
                   fmt::format("{} does not offer TLS, and the configuration requires it", server_.display()),
                   "it does not offer TLS");
  }
  server_version_ = mysql_get_server_info(&handle_->mysql);
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

SqlError Connection::last_error(std::string_view doing) const {
  const auto number = mysql_errno(&handle_->mysql);
  const bool timed_out = is_lost(number) && std::chrono::steady_clock::now() - sent_at_ >= read_timeout_;
  std::string reason = timed_out ? fmt::format("no answer within {} s", read_timeout_.count())
                                 : fmt::format("{} ({})", mysql_error(&handle_->mysql), number);
  std::string message = fmt::format("{}: {}", server_.display(), reason);
  if (!is_lost(number)) message += fmt::format(": {}", beginning_of(doing));
  return {code_of(number, timed_out), number, message, std::move(reason)};
}

void Connection::send(std::string_view sql) {
  ++requests_;
  sent_at_ = std::chrono::steady_clock::now();
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
  while (mysql_next_result(&handle_->mysql) == 0) take_result();
}

ResultSet Connection::query(std::string_view sql) {
  send(sql);
  auto result = take_result();
  drain();
  return result;
}

void Connection::stream(std::string_view sql, const std::function<bool(Cells)>& take) {
  send(sql);
  MYSQL& mysql = handle_->mysql;
  // Freeing it reads what is left.
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
      send(request);
      for (;;) {
        answers[next].rows = take_result();
        ++next;
        const int more = mysql_next_result(&handle_->mysql);
        if (more < 0) break;
        const bool is_last = next == statements.size();
        if (more > 0) throw last_error(is_last ? "reading the answers" : statements[next]);
        if (is_last) {  // a result more than there were statements
          take_result();
          drain();
          break;
        }
      }
    } catch (const SqlError& error) {
      if (error.connection_lost()) throw;
      if (next == statements.size()) break;  // after the last answer: not an answer to any of them
      // Named by its own text: the request began with whatever came first.
      answers[next].error = last_error(statements[next]);
      ++next;
    }
  }
  return answers;
}

std::vector<Answer> Connection::query_all_untrusted(std::span<const std::string> statements) {
  std::vector<Answer> answers(statements.size());
  std::size_t next = 0;
  while (next < statements.size()) {
    std::string request;
    for (std::size_t i = next; i < statements.size(); ++i) {
      // A line of its own for what follows: the text may end in a comment.
      request += fmt::format("{}\n;SELECT 1 AS {};\n", without_end(statements[i]), next_marker);
    }
    bool has_result = false;
    try {
      send(request);
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
    } catch (const SqlError& error) {
      if (error.connection_lost()) throw;
      if (next < statements.size()) {
        answers[next].rows = {};
        answers[next].error = last_error(statements[next]);
      }
      ++next;
    }
  }
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
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const auto socket = mysql_get_socket(&handle_->mysql);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

bool Connection::encrypted() const noexcept {
  return mysql_get_ssl_cipher(&handle_->mysql) != nullptr;
}

}  // namespace topo::mysql
