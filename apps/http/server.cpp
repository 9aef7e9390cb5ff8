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
#include <fmt/format.h>
#include <httplib.h>
#include <spdlog/logger.h>

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "http/worker_threads.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::size_t most_connections = 256;
constexpr std::size_t most_waiting_connections = 256;
constexpr std::size_t largest_request_body = 64 * 1024;
constexpr time_t idle_connection_seconds = 5;
constexpr time_t transfer_seconds = 5;
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

bool is_loopback(std::string_view address) {
  if (address.starts_with("::ffff:")) address.remove_prefix(7);
  return address.starts_with("127.") || address == "::1";
}

Request request_of(const httplib::Request& received) {
  auto lookup = [&received](std::string_view name) -> std::optional<std::string> {
    const auto found = received.headers.find(std::string(name));
    if (found == received.headers.end()) return std::nullopt;
    return found->second;
  };
  return {received.method, received.target, lookup, is_loopback(received.remote_addr)};
}

void send(Response&& response, httplib::Response& sent) {
  sent.status = response.status;
  sent.set_header("X-Content-Type-Options", "nosniff");
  if (!response.allow.empty()) sent.set_header("Allow", std::string(response.allow));
  if (!response.authenticate.empty()) sent.set_header("WWW-Authenticate", std::string(response.authenticate));
  if (response.is_page) {
    sent.set_header("Cache-Control", "no-cache");
    sent.set_header("X-Frame-Options", "DENY");
    sent.set_header("Referrer-Policy", "same-origin");
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

}  // namespace

struct Server::State {
  Handle handle;
  std::shared_ptr<spdlog::logger> log;
  httplib::Server http;

  enum class Phase { before, serving, after };
  std::mutex mutex;  // of the two below
  Phase phase = Phase::before;
  bool stopping = false;
};

Server::Server(Handle handle, std::shared_ptr<spdlog::logger> log) : state_(std::make_unique<State>()) {
  state_->handle = std::move(handle);
  state_->log = std::move(log);
  auto& http = state_->http;
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
    send(state_->handle(request_of(received)), sent);
    return httplib::Server::HandlerResponse::Handled;
  });
  http.set_error_handler(httplib::Server::Handler(fill_error));
}

Server::~Server() {
  stop();
}

std::uint16_t Server::bind(const ListenAddress& address) {
  auto& http = state_->http;
  const auto try_host = [&](const std::string& host) {
    errno = 0;
    return address.port == 0                       ? http.bind_to_any_port(host)
           : http.bind_to_port(host, address.port) ? address.port
                                                   : -1;
  };
  int port = -1;
  if (address.host.empty()) {
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
  const bool ended_well = state_->http.listen_after_bind();
  const std::lock_guard lock(state_->mutex);
  state_->phase = State::Phase::after;
  return ended_well;
}

void Server::stop() {
  std::unique_lock lock(state_->mutex);
  if (std::exchange(state_->stopping, true)) return;
  // The library takes no notice of a stop() that comes before it listens.
  while (state_->phase == State::Phase::serving && !state_->http.is_running()) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  if (state_->phase == State::Phase::serving) state_->http.stop();
}

}  // namespace orchestrator
