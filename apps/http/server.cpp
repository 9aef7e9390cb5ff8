#include "http/server.h"

// How often an idle connection checks whether the server has been stopped.
#define CPPHTTPLIB_KEEPALIVE_TIMEOUT_CHECK_INTERVAL_USECOND 200000
#define CPPHTTPLIB_LISTEN_BACKLOG 256
#define CPPHTTPLIB_OPENSSL_SUPPORT
#include <fmt/format.h>
#include <httplib.h>
#include <openssl/ssl.h>
#include <spdlog/logger.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "http/address_shares.h"
#include "http/connection_deadlines.h"
#include "http/worker_threads.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

namespace detail = httplib::detail;
namespace tls = httplib::tls;

// Pages that listen to events, and idle keep-alive connections, occupy a thread each.
constexpr std::size_t max_connections = Server::max_connections;
constexpr std::size_t max_waiting_connections = 256;
constexpr time_t idle_connection_seconds = 5;
// The limit between two bytes of a request, or of its response.
constexpr time_t transfer_seconds = 5;
constexpr std::chrono::seconds handshake_time{10};
// The limit for what a client still sends after its last response. Closing a connection before that is read
// resets it, and the client may never see the response.
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t max_lingering_bytes = 256 * 1024;

// Limits a log line that clients can trigger at will to one per minute. Thread-safe.
class LineAMinute {
 public:
  // False: there was a line within the last minute.
  bool is_due() {
    constexpr std::chrono::minutes pause{1};
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    auto last = last_.load();
    if (last != 0 && now - std::chrono::steady_clock::duration(last) < pause) return false;
    return last_.compare_exchange_strong(last, now.count());
  }

 private:
  std::atomic<std::chrono::steady_clock::rep> last_{0};
};

// A connection keeps its thread between requests, so each open connection needs a thread of its own.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::shared_ptr<spdlog::logger> log)
      : log_(std::move(log)), threads_(max_connections, max_waiting_connections) {}

  bool enqueue(std::function<void()> task) override {
    const bool accepted = threads_.submit([this, task = std::move(task)] {
      try {
        task();
      } catch (const std::exception& error) {
        log_->error(fmt::format("A connection ended: {}", error.what()));
      }
    });
    if (!accepted && refusals_.is_due()) {
      log_->warn(fmt::format(
          "Refused a connection: {} are open already. Others like this are not logged for a minute",
          max_connections));
    }
    return accepted;
  }
  void shutdown() override { threads_.finish(); }

 private:
  std::shared_ptr<spdlog::logger> log_;
  WorkerThreads threads_;
  LineAMinute refusals_;
};

// The state that all connections of a server share.
struct Shared {
  Handle handle;
  std::shared_ptr<spdlog::logger> log;
  ConnectionDeadlines deadlines;
  AddressShares shares{{max_connections, AddressRanges()}};
  LineAMinute refusals;
};

// A socket, with TLS or without, as httplib reads and writes it.
class SocketStream : public ByteStream {
 public:
  // `listener` becomes an invalid socket when the server is stopping.
  SocketStream(httplib::Stream& stream, socket_t socket, ConnectionDeadlines& deadlines,
               const std::atomic<socket_t>& listener)
      : stream_(stream), socket_(socket), deadlines_(deadlines), listener_(listener) {}
  ~SocketStream() override { deadlines_.disarm(socket_); }

  bool await_request(bool has_bytes) override {
    deadlines_.disarm(socket_);
    if (listener_ == INVALID_SOCKET) return false;
    return has_bytes || stream_.is_readable() ||
           detail::keep_alive(listener_, socket_, idle_connection_seconds);
  }
  std::size_t read(char* to, std::size_t max) override {
    const auto count = stream_.read(to, max);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  bool write(std::string_view bytes) override {
    return detail::write_data(stream_, bytes.data(), bytes.size());
  }
  bool is_peer_alive() override { return stream_.is_peer_alive(); }
  void allow(std::optional<std::chrono::milliseconds> time) override {
    if (time) {
      deadlines_.arm(socket_, *time);
    } else {
      deadlines_.disarm(socket_);
    }
  }

 private:
  httplib::Stream& stream_;
  const socket_t socket_;
  ConnectionDeadlines& deadlines_;
  const std::atomic<socket_t>& listener_;
};

// Reads and discards what the client still sends, for a limited time.
void linger(socket_t socket, ConnectionDeadlines& deadlines) {
  ::shutdown(socket, SHUT_WR);
  const Deadline deadline(deadlines, socket, linger_time);
  std::array<char, 4096> buffer{};
  for (std::size_t total = 0; total < max_lingering_bytes;) {
    const auto count = recv(socket, buffer.data(), buffer.size(), 0);
    if (count <= 0) return;
    total += static_cast<std::size_t>(count);
  }
}

// An accepted connection: counted, and closed by the destructor.
class Accepted {
 public:
  Accepted(socket_t socket, Shared& shared)
      : socket_(socket), shared_(shared), address_(peer_address(socket)), place_(shared.shares, address_) {
    if (!place_.is_granted()) log_refusal();
  }
  ~Accepted() {
    if (end_ == ConnectionEnd::unread_bytes) linger(socket_, shared_.deadlines);
    detail::shutdown_socket(socket_);
    detail::close_socket(socket_);
  }
  Accepted(const Accepted&) = delete;
  Accepted& operator=(const Accepted&) = delete;

  [[nodiscard]] bool is_granted() const noexcept { return place_.is_granted(); }
  void serve(httplib::Stream& stream, const std::atomic<socket_t>& listener, bool is_encrypted) {
    SocketStream bytes(stream, socket_, shared_.deadlines, listener);
    end_ = serve_connection(bytes, {{address_, address_.empty()}, is_encrypted}, shared_.handle);
  }

 private:
  // "" for a socket in the file system.
  static std::string peer_address(socket_t socket) {
    std::string address;
    int port = 0;
    detail::get_remote_ip_and_port(socket, address, port);
    return address;
  }
  void log_refusal() {
    if (!shared_.refusals.is_due()) return;
    shared_.log->warn(fmt::format(
        "Refused a connection from {}: this address holds its share of the connections already; see "
        "HTTPConnectionsPerAddressPercent. Others like this are not logged for a minute",
        address_));
  }

  const socket_t socket_;
  Shared& shared_;
  const std::string address_;
  const AddressShares::Slot place_;
  ConnectionEnd end_ = ConnectionEnd::complete;
};

// httplib's servers, used only for their sockets: serve_connection reads and answers the requests.
class PlainServer : public httplib::Server {
 public:
  explicit PlainServer(Shared& shared) : shared_(shared) {}

 private:
  bool process_and_close_socket(socket_t socket) override {
    Accepted accepted(socket, shared_);
    if (!accepted.is_granted()) return false;
    detail::SocketStream stream(socket, transfer_seconds, 0, transfer_seconds, 0);
    accepted.serve(stream, svr_sock_, false);
    return true;
  }

  Shared& shared_;
};

class TlsServer : public httplib::SSLServer {
 public:
  TlsServer(Shared& shared, const TlsFiles& files)
      : httplib::SSLServer(files.certificate.c_str(), files.private_key.c_str(),
                           files.authorities.empty() ? nullptr : files.authorities.c_str()),
        shared_(shared) {
    if (!is_valid()) return;
    auto* context = static_cast<SSL_CTX*>(tls_context());
    // All cipher suites of TLS 1.3 are of this kind. Tickets of TLS 1.2 would be encrypted with one key for
    // all.
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context,
                        SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    Accepted accepted(socket, shared_);
    if (!accepted.is_granted()) return false;
    const tls::session_t session = tls::create_session(tls_context(), socket);
    if (session == nullptr) return false;
    bool is_shaken = false;
    const auto end = detail::scope_exit([&] {
      if (is_shaken)
        SSL_shutdown(static_cast<SSL*>(session));  // sends close_notify and does not wait for the answer
      tls::free_session(session);
    });
    {
      const Deadline deadline(shared_.deadlines, socket, handshake_time);
      tls::TlsError error;
      is_shaken = tls::accept_nonblocking(session, socket, transfer_seconds, 0, &error);
    }
    if (!is_shaken) return false;
    detail::SSLSocketStream stream(socket, session, transfer_seconds, 0, transfer_seconds, 0);
    accepted.serve(stream, svr_sock_, true);
    return true;
  }

  Shared& shared_;
};

// A socket file without a listener prevents binding a new one at its path.
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

struct Server::State : Shared {
  std::unique_ptr<httplib::Server> http;
  std::string socket_path;  // "": TCP

  enum class Phase { before, serving, after };
  std::mutex mutex;  // guards the two below
  Phase phase = Phase::before;
  bool stopping = false;
};

Server::Server(Handle handle, std::shared_ptr<spdlog::logger> log)
    : Server(std::move(handle), std::move(log), std::make_unique<State>()) {}

Server::Server(Handle handle, std::shared_ptr<spdlog::logger> log, const TlsFiles& tls_files)
    : Server(std::move(handle), std::move(log), [&tls_files] {
        auto state = std::make_unique<State>();
        state->http = std::make_unique<TlsServer>(*state, tls_files);
        if (!state->http->is_valid()) {
          throw topo::Error(
              topo::Code::invalid_argument,
              fmt::format(
                  "UseSSL cannot work with certificate \"{}\" and key \"{}\"{}: they must be PEM files that "
                  "this process can read, and belong together; see SSLCertFile and SSLPrivateKeyFile",
                  tls_files.certificate, tls_files.private_key,
                  tls_files.authorities.empty()
                      ? ""
                      : fmt::format(" and authorities \"{}\"", tls_files.authorities)));
        }
        return state;
      }()) {}

Server::Server(Handle handle, std::shared_ptr<spdlog::logger> log, std::unique_ptr<State> state)
    : state_(std::move(state)) {
  state_->handle = std::move(handle);
  state_->log = std::move(log);
  if (state_->http == nullptr) state_->http = std::make_unique<PlainServer>(*state_);
  auto& http = *state_->http;
  http.new_task_queue = [queue_log = state_->log] { return new ConnectionThreads(queue_log); };
  http.set_read_timeout(transfer_seconds);
  http.set_write_timeout(transfer_seconds);
  http.set_tcp_nodelay(true);
  // httplib's default, SO_REUSEPORT, would let two servers share a port.
  http.set_socket_options(
      [](socket_t socket) { httplib::set_socket_opt(socket, SOL_SOCKET, SO_REUSEADDR, 1); });
}

void Server::limit_clients(int percent, AddressRanges unlimited) {
  const auto share = max_connections * static_cast<std::size_t>(percent) / 100;
  state_->shares.replace_limit({share, std::move(unlimited)});
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
    constexpr int no_port = 1;  // httplib requires a port
    if (http.bind_to_port(address.socket, no_port)) {
      state_->socket_path = address.socket;
      return 0;
    }
  } else if (address.host.empty()) {
    port = try_host("::");  // also accepts IPv4
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
  // httplib ignores a stop() that comes before it listens.
  while (state_->phase == State::Phase::serving && !state_->http->is_running()) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  if (state_->phase == State::Phase::serving) state_->http->stop();
}

}  // namespace orchestrator
