#include "mysql/transport.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "mysql/broken.h"
#include "mysql/name_service.h"
#include "mysql/packet.h"

namespace topo::mysql {
namespace {

// A login takes some hundred bytes, plus some certificates with TLS.
constexpr std::uint64_t max_login_bytes = 512 * 1024;
constexpr std::size_t max_login_packet_bytes = 16 * 1024;

[[noreturn]] void throw_closed() {
  throw Broken{Code::unreachable, CR_SERVER_LOST, "the connection was closed"};
}

class TcpChannel : public Channel {
 public:
  explicit TcpChannel(Socket socket) : socket_(std::move(socket)) {}

  std::size_t receive(std::span<char> into, Waiting& waiting) override {
    for (;;) {
      const auto size = ::recv(socket_.descriptor(), into.data(), into.size(), MSG_DONTWAIT);
      if (size >= 0) {
        was_answered_ = was_answered_ || size > 0;
        return static_cast<std::size_t>(size);
      }
      wait(POLLIN, waiting);
    }
  }

  void send(std::string_view bytes, Waiting& waiting) override {
    was_answered_ = false;
    while (!bytes.empty()) {
      const auto size = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (size >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(size));
      } else {
        wait(POLLOUT, waiting);
      }
    }
  }

  int descriptor() const noexcept override { return socket_.descriptor(); }

 private:
  // After a failed call: waits if the call would have blocked, else throws.
  void wait(short events, Waiting& waiting) const {
    if (errno == EINTR) return;
    if (errno != EAGAIN)
      throw Broken{Code::unreachable, CR_SERVER_LOST, std::generic_category().message(errno)};
    switch (waiting.wait(socket_.descriptor(), events)) {
      case Waiting::Outcome::ready: return;
      case Waiting::Outcome::interrupted:
        throw Broken{Code::refused, CR_SERVER_LOST, "this process is being stopped"};
      case Waiting::Outcome::timed_out: throw_timed_out(waiting);
    }
  }

  [[noreturn]] void throw_timed_out(const Waiting& waiting) const {
    const auto seconds = std::chrono::duration<double>(waiting.allowed()).count();
    throw Broken{Code::timeout, CR_SERVER_LOST,
                 was_answered_ ? fmt::format("the answer was not complete within {:.3g} s", seconds)
                               : fmt::format("no answer within {:.3g} s", seconds),
                 was_answered_ ? ReadFailure::answered : ReadFailure::no_answer};
  }

  Socket socket_;
  bool was_answered_ = false;  // since the last send
};

}  // namespace

Transport::Open open_socket(const ConnectionOptions& options) {
  return [&options](Waiting& waiting) -> std::unique_ptr<Channel> {
    return std::make_unique<TcpChannel>(dial(options.server.hostname(), options.server.port(), waiting));
  };
}

Transport::Transport(const ConnectionOptions& options, TlsMode mode, Open open)
    : options_(options), mode_(mode), open_(std::move(open)), waiting_(options.interrupt) {}

void Transport::allow(std::chrono::nanoseconds time, const AnswerLimits& limits) {
  waiting_.allow(time);
  limits_ = limits;
  // Counts empty TLS records, too.
  raw_left_ = phase_ == Phase::session ? 2 * limits.bytes + max_login_bytes : max_login_bytes;
}

void Transport::fail(std::exception_ptr why) noexcept {
  if (!failure_) failure_ = std::move(why);
  close();
}

void Transport::connect() {
  channel_ = open_(waiting_);
}

std::size_t Transport::receive(std::span<char> into) {
  if (!channel_) throw_closed();
  const auto size = channel_->receive(into, waiting_);
  if (size > raw_left_) {
    throw Broken{Code::refused, CR_NET_PACKET_TOO_LARGE,
                 phase_ == Phase::session ? "it sends more than its answer" : "the login does not end"};
  }
  raw_left_ -= size;
  // A server that sends continuously causes no wait, so deadline and interrupt are checked here.
  const auto state = waiting_.state();
  if (state == Waiting::Outcome::interrupted) throw_not_waited(state, waiting_, "");
  if (state == Waiting::Outcome::timed_out)
    throw Broken{Code::timeout, CR_SERVER_LOST,
                 fmt::format("the answer was not complete within {:.3g} s",
                             std::chrono::duration<double>(waiting_.allowed()).count()),
                 ReadFailure::answered};
  return size;
}

void Transport::send(std::string_view bytes) {
  if (!channel_) throw_closed();
  channel_->send(bytes, waiting_);
}

std::size_t Transport::receive_plain(std::span<char> into) {
  return tls_ ? tls_->read(into) : receive(into);
}

std::string Transport::receive_packet() {
  const auto receive_all = [this](std::span<char> into) {
    while (!into.empty()) {
      const auto size = receive_plain(into);
      if (size == 0) throw_closed();
      into = into.subspan(size);
    }
  };
  std::string bytes(packet_header_size, '\0');
  receive_all(bytes);
  const auto size = payload_size(bytes);
  if (size > max_login_packet_bytes)
    throw Broken{Code::sql, CR_MALFORMED_PACKET,
                 "it sent data that is not a MySQL packet; is it a MySQL server?"};
  bytes.resize(packet_header_size + size);
  receive_all(std::span(bytes).subspan(packet_header_size));
  return bytes;
}

std::size_t Transport::take_pending(std::span<char> into) noexcept {
  const auto size = std::min(into.size(), pending_.size());
  std::copy_n(pending_.begin(), size, into.begin());
  pending_.erase(0, size);
  return size;
}

std::size_t Transport::read(std::span<char> into) {
  if (pending_.empty()) {
    if (phase_ == Phase::greeting)
      read_greeting();
    else if (phase_ == Phase::login)
      read_login();
  }
  if (!pending_.empty()) return take_pending(into);
  const auto size = receive_plain(into);
  if (size == 0) throw_closed();
  check_.take({into.data(), size});
  return size;
}

void Transport::read_greeting() {
  const auto packet_read = receive_packet();
  greeting_ = parse_greeting(std::string_view(packet_read).substr(packet_header_size));
  const bool must_encrypt = mode_ == TlsMode::required || mode_ == TlsMode::verify;
  if (must_encrypt && !greeting_.offers_tls()) {
    throw Broken{Code::refused, CR_SSL_CONNECTION_ERROR,
                 "it does not offer TLS, which the configuration requires; turn on TLS on the server"};
  }
  pending_ = packet(shown_to_library(greeting_), static_cast<std::uint8_t>(packet_read[3]));
  phase_ = Phase::answering;
}

void Transport::read_login() {
  pending_ = receive_packet();
  if (login_->take(std::string_view(pending_).substr(packet_header_size))) phase_ = Phase::session;
}

void Transport::write(std::string_view bytes) {
  if (phase_ == Phase::answering) {
    answer_greeting(bytes);
    return;
  }
  if (phase_ == Phase::session) check_.begin(limits_);
  if (tls_) {
    tls_->write(bytes);
  } else {
    send(bytes);
  }
}

void Transport::answer_greeting(std::string_view answer) {
  if (mode_ != TlsMode::disabled && greeting_.offers_tls()) {
    tls_ = std::make_unique<TlsStream>(
        TlsOptions{mode_, options_.tls.ca_file, options_.tls.cert_file, options_.tls.key_file},
        options_.server.hostname(), [this](std::string_view bytes) { send(bytes); },
        [this](std::span<char> into) { return receive(into); });
    send(tls_request(answer));
    try {
      tls_->shake_hands();
    } catch (const Broken& broken) {
      failed_in_tls_ = broken.code == Code::unreachable;
      throw;
    }
  }
  login_.emplace(first_plugin(greeting_), encrypted());
  phase_ = Phase::login;
  const auto packet_sent = login_packet(answer, encrypted());
  if (tls_) {
    tls_->write(packet_sent);
  } else {
    send(packet_sent);
  }
}

std::optional<std::string> Transport::why_not_verified() const {
  return tls_ ? tls_->why_not_verified() : std::nullopt;
}

}  // namespace topo::mysql
