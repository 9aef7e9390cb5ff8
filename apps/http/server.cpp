#include "http/server.h"

// How often a connection that waits for its next request looks whether the server has been stopped.
#define CPPHTTPLIB_KEEPALIVE_TIMEOUT_CHECK_INTERVAL_USECOND 200000
#define CPPHTTPLIB_LISTEN_BACKLOG 256
// More than is accepted (Api does that): a request that is refused before it was read whole ends in a reset
// connection, and its sender never learns why.
#define CPPHTTPLIB_REQUEST_URI_MAX_LENGTH 65536
#define CPPHTTPLIB_HEADER_MAX_LENGTH 8192
#define CPPHTTPLIB_HEADER_MAX_COUNT 100
#define CPPHTTPLIB_MAX_LINE_LENGTH 66560
#define CPPHTTPLIB_OPENSSL_SUPPORT
#include <fmt/format.h>
#include <httplib.h>
#include <spdlog/logger.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "http/api.h"
#include "http/connection_deadlines.h"
#include "http/worker_threads.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

// Pages that listen to events, and clients that keep connections without using them, have a thread each.
constexpr std::size_t most_connections = 2048;
constexpr std::size_t most_waiting_connections = 256;
constexpr std::size_t largest_request_body = 64 * 1024;
constexpr time_t idle_connection_seconds = 5;
// Between two bytes of a request, or of its answer.
constexpr time_t transfer_seconds = 5;
// For all bytes of a request until its body; and then for that, which nobody reads, and for the answer.
constexpr std::chrono::seconds request_time{10};
constexpr std::chrono::seconds answer_time{60};
constexpr std::size_t requests_per_connection = 1'000'000;
// Bodies above this are sent from where they are rather than copied behind the headers.
constexpr std::size_t copied_body = 16 * 1024;

// A connection keeps its thread between requests, so each one that is open needs a thread of its own.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::shared_ptr<spdlog::logger> log)
      : log_(std::move(log)), threads_(most_connections, most_waiting_connections) {}

  bool enqueue(std::function<void()> task) override {
    const bool accepted = threads_.submit([this, task = std::move(task)] {
      try {
        task();
      } catch (const std::exception& error) {
        log_->error("A connection ended: {}", error.what());
      }
    });
    if (!accepted) log_->warn("Refused a connection: {} are open already", most_connections);
    return accepted;
  }
  void shutdown() override { threads_.finish(); }

 private:
  std::shared_ptr<spdlog::logger> log_;
  WorkerThreads threads_;
};

// The connection that this thread reads a request from, and how long it may take.
thread_local Deadline* reading = nullptr;

class Reading {
 public:
  Reading(ConnectionDeadlines& deadlines, socket_t socket) : deadline_(deadlines, socket, request_time) {
    reading = &deadline_;
  }
  ~Reading() { reading = nullptr; }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  Deadline deadline_;
};

// httplib's servers, but a request that does not come to its end ends its connection. What the two functions
// do is what those that they override do.
class PlainServer : public httplib::Server {
 public:
  explicit PlainServer(ConnectionDeadlines& deadlines) : deadlines_(deadlines) {}

 private:
  bool process_and_close_socket(socket_t socket) override {
    namespace detail = httplib::detail;
    const auto close = detail::scope_exit([socket] {
      detail::shutdown_socket(socket);
      detail::close_socket(socket);
    });
    std::string address, local_address;
    int port = 0, local_port = 0;
    detail::get_remote_ip_and_port(socket, address, port);
    detail::get_local_ip_and_port(socket, local_address, local_port);
    return detail::process_server_socket(
        svr_sock_, socket, keep_alive_max_count_, keep_alive_timeout_sec_, read_timeout_sec_,
        read_timeout_usec_, write_timeout_sec_, write_timeout_usec_,
        [&](httplib::Stream& stream, bool close_connection, bool& closed) {
          const Reading one(deadlines_, socket);
          return process_request(stream, address, port, local_address, local_port, close_connection, closed,
                                 nullptr);
        });
  }

  ConnectionDeadlines& deadlines_;
};

class TlsServer : public httplib::SSLServer {
 public:
  TlsServer(ConnectionDeadlines& deadlines, const TlsFiles& files)
      : httplib::SSLServer(files.certificate.c_str(), files.private_key.c_str(),
                           files.authorities.empty() ? nullptr : files.authorities.c_str()),
        deadlines_(deadlines) {}

 private:
  bool process_and_close_socket(socket_t socket) override {
    namespace detail = httplib::detail;
    namespace tls = httplib::tls;
    tls::session_t session = tls::create_session(tls_context(), socket);
    bool shaken_hands = false, went_well = false;
    const auto close = detail::scope_exit([&] {
      if (session != nullptr) {
        if (shaken_hands) tls::shutdown(session, went_well);
        tls::free_session(session);
      }
      detail::shutdown_socket(socket);
      detail::close_socket(socket);
    });
    if (session == nullptr) return false;
    {
      const Deadline deadline(deadlines_, socket, request_time);
      tls::TlsError error;
      if (!tls::accept_nonblocking(session, socket, read_timeout_sec_, read_timeout_usec_, &error))
        return false;
    }
    shaken_hands = true;
    std::string address, local_address;
    int port = 0, local_port = 0;
    detail::get_remote_ip_and_port(socket, address, port);
    detail::get_local_ip_and_port(socket, local_address, local_port);
    went_well = detail::process_server_socket_ssl(
        svr_sock_, session, socket, keep_alive_max_count_, keep_alive_timeout_sec_, read_timeout_sec_,
        read_timeout_usec_, write_timeout_sec_, write_timeout_usec_,
        [&](httplib::Stream& stream, bool close_connection, bool& closed) {
          const Reading one(deadlines_, socket);
          return process_request(stream, address, port, local_address, local_port, close_connection, closed,
                                 [&](httplib::Request& request) { request.ssl = session; });
        });
    return went_well;
  }

  ConnectionDeadlines& deadlines_;
};

Request request_of(const httplib::Request& received, bool is_local) {
  auto lookup = [&received](std::string_view name) -> Header {
    const auto [begin, end] = received.headers.equal_range(std::string(name));
    if (begin == end) return {};
    return {begin->second, static_cast<std::size_t>(std::distance(begin, end))};
  };
  auto all = [&received] {
    return std::vector<std::pair<std::string, std::string>>(received.headers.begin(), received.headers.end());
  };
  return {received.method, received.target, lookup, {received.remote_addr, is_local}, all};
}

// No script but ours, no address but ours, in nobody's frame.
constexpr const char* content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

void send_stream(Response&& response, httplib::Response& sent) {
  sent.set_chunked_content_provider(
      std::string(response.content_type),
      [next = std::move(response.next_part)](std::size_t, httplib::DataSink& sink) {
        const auto part = next();
        if (!part) {
          sink.done();
          return true;
        }
        return part->empty() ? sink.is_writable() : sink.write(part->data(), part->size());
      });
}

void send(Response&& response, httplib::Response& sent) {
  sent.status = response.status;
  sent.set_header("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) sent.set_header(std::string(name), value);
  if (response.is_page) {
    sent.set_header("Content-Security-Policy", content_security_policy);
    sent.set_header("X-Frame-Options", "DENY");
    sent.set_header("Referrer-Policy", "same-origin");
  }
  if (response.next_part) {
    send_stream(std::move(response), sent);
    return;
  }
  const std::string content_type(response.content_type);
  if (response.body->size() <= copied_body) {
    sent.set_content(*response.body, content_type);
    return;
  }
  const auto size = response.body->size();
  sent.set_content_provider(
      size, content_type,
      [body = std::move(response.body)](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        return sink.write(body->data() + offset, length);
      });
}

// What the library refuses by itself has no body.
void fill_error(const httplib::Request&, httplib::Response& sent) {
  if (!sent.body.empty() || sent.has_header("Content-Type")) return;
  send(error_response(sent.status, httplib::status_message(sent.status)), sent);
}

// A socket that nobody listens on any more is in the way of one that is to be made.
void remove_stale_socket(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
  const bool is_stale = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
                        errno == ECONNREFUSED;
  close(probe);
  if (is_stale) unlink(path.c_str());
}

}  // namespace

struct Server::State {
  Handle handle;
  std::shared_ptr<spdlog::logger> log;
  ConnectionDeadlines deadlines;
  std::unique_ptr<httplib::Server> http;
  std::string socket_path;  // "": TCP

  enum class Phase { before, serving, after };
  std::mutex mutex;  // of the two below
  Phase phase = Phase::before;
  bool stopping = false;
};

Server::Server(Handle handle, std::shared_ptr<spdlog::logger> log)
    : Server(std::move(handle), std::move(log), std::make_unique<State>()) {}

Server::Server(Handle handle, std::shared_ptr<spdlog::logger> log, const TlsFiles& tls)
    : Server(std::move(handle), std::move(log), [&tls] {
        auto state = std::make_unique<State>();
        state->http = std::make_unique<TlsServer>(state->deadlines, tls);
        if (!state->http->is_valid()) {
          throw topo::Error(
              topo::Code::invalid_argument,
              fmt::format(
                  "UseSSL cannot work with certificate \"{}\" and key \"{}\"{}: they must be PEM files that "
                  "this process can read, and belong together; see SSLCertFile and SSLPrivateKeyFile",
                  tls.certificate, tls.private_key,
                  tls.authorities.empty() ? "" : fmt::format(" and authorities \"{}\"", tls.authorities)));
        }
        return state;
      }()) {}

Server::Server(Handle handle, std::shared_ptr<spdlog::logger> log, std::unique_ptr<State> state)
    : state_(std::move(state)) {
  state_->handle = std::move(handle);
  state_->log = std::move(log);
  if (state_->http == nullptr) state_->http = std::make_unique<PlainServer>(state_->deadlines);
  auto& http = *state_->http;
  http.new_task_queue = [queue_log = state_->log] { return new ConnectionThreads(queue_log); };
  http.set_keep_alive_max_count(requests_per_connection);
  http.set_keep_alive_timeout(idle_connection_seconds);
  http.set_read_timeout(transfer_seconds);
  http.set_write_timeout(transfer_seconds);
  http.set_payload_max_length(largest_request_body);
  http.set_tcp_nodelay(true);
  // The library's own choice, SO_REUSEPORT, would let two servers have one port.
  http.set_socket_options(
      [](socket_t socket) { httplib::set_socket_opt(socket, SOL_SOCKET, SO_REUSEADDR, 1); });
  http.set_pre_routing_handler([this](const httplib::Request& received, httplib::Response& sent) {
    if (reading != nullptr) reading->release();  // operations and streams take their time
    auto response = state_->handle(request_of(received, !state_->socket_path.empty()));
    const bool is_stream = response.next_part != nullptr;
    send(std::move(response), sent);
    if (reading != nullptr && !is_stream) reading->renew(answer_time);
    return httplib::Server::HandlerResponse::Handled;
  });
  http.set_error_handler(httplib::Server::Handler(fill_error));
}

Server::~Server() {
  stop();
  if (!state_->socket_path.empty()) unlink(state_->socket_path.c_str());
}

std::uint16_t Server::bind(const ListenAddress& address) {
  auto& http = *state_->http;
  const auto try_host = [&](const std::string& host) {
    errno = 0;
    return address.port == 0                       ? http.bind_to_any_port(host)
           : http.bind_to_port(host, address.port) ? address.port
                                                   : -1;
  };
  int port = -1;
  if (!address.socket.empty()) {
    remove_stale_socket(address.socket);
    http.set_address_family(AF_UNIX);
    errno = 0;
    constexpr int no_port = 1;  // the library wants one
    if (http.bind_to_port(address.socket, no_port)) {
      state_->socket_path = address.socket;
      return 0;
    }
  } else if (address.host.empty()) {
    port = try_host("::");  // takes IPv4 too
    if (port < 0 && errno != EADDRINUSE && errno != EACCES) port = try_host("0.0.0.0");
  } else {
    port = try_host(address.host);
  }
  if (port >= 0) return static_cast<std::uint16_t>(port);
  const auto reason = errno == 0 ? "no such address on this machine" : std::generic_category().message(errno);
  throw topo::Error(topo::Code::unreachable,
                    fmt::format("Cannot listen on {}: {}; see ListenAddress", address.display(), reason));
}

bool Server::serve() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return true;
    state_->phase = State::Phase::serving;
  }
  const bool ended_well = state_->http->listen_after_bind();
  const std::lock_guard lock(state_->mutex);
  state_->phase = State::Phase::after;
  return ended_well;
}

void Server::stop() {
  std::unique_lock lock(state_->mutex);
  if (std::exchange(state_->stopping, true)) return;
  // The library takes no notice of a stop() that comes before it listens.
  while (state_->phase == State::Phase::serving && !state_->http->is_running()) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  if (state_->phase == State::Phase::serving) state_->http->stop();
}

}  // namespace orchestrator
