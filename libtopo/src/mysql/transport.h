// Transport: all traffic between the client library and a server, with limits for time and size, TLS, and
// checks of a server's requests.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mysql/answer_check.h"
#include "mysql/dial.h"
#include "mysql/login.h"
#include "mysql/socket.h"
#include "mysql/tls.h"
#include "mysql/waiting.h"
#include "topo/mysql/connection.h"

namespace topo::mysql {

// Sends and receives bytes: over a socket, or for tests in memory.
class Channel {
 public:
  virtual ~Channel() = default;
  // Returns at least one byte; 0: the peer closed the connection. Throws Broken.
  virtual std::size_t receive(std::span<char> into, Waiting& waiting) = 0;
  // Sends all bytes. Throws Broken.
  virtual void send(std::string_view bytes, Waiting& waiting) = 0;
  [[nodiscard]] virtual int descriptor() const noexcept { return -1; }
};

// The client library reads and writes here instead of using a socket (client_library.h). The library sees a
// server without TLS to log in and send queries to; it never receives data that was rejected. Not
// thread-safe.
class Transport {
 public:
  // `options` must outlive the object. `open` creates the channel; it is called once, and may throw Broken.
  using Open = std::function<std::unique_ptr<Channel>(Waiting&)>;
  Transport(const ConnectionOptions& options, TlsMode mode, Open open);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Called by the library. Throw Broken or std::system_error, and throw again on every call after a failure.
  void connect();
  [[nodiscard]] std::size_t read(std::span<char> into);  // returns at least one byte
  void write(std::string_view bytes);
  void close() noexcept { channel_.reset(); }

  // Sets the time, bytes and rows allowed for all following traffic from the server.
  void allow(std::chrono::nanoseconds time, const AnswerLimits& limits);
  void end_by(std::optional<SteadyTime> deadline) noexcept { waiting_.end_by(deadline); }

  [[nodiscard]] int descriptor() const noexcept { return channel_ ? channel_->descriptor() : -1; }
  [[nodiscard]] bool encrypted() const noexcept { return tls_ != nullptr; }
  // The server offers a TLS version that this end does not support; a retry without TLS may succeed.
  [[nodiscard]] bool failed_in_tls() const noexcept { return failed_in_tls_; }
  // For modes that do not reject a server because of its certificate.
  [[nodiscard]] std::optional<std::string> why_not_verified() const;
  // Why reading or writing failed; null: no failure.
  [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }
  void fail(std::exception_ptr why) noexcept;

 private:
  enum class Phase { greeting, answering, login, session };

  std::size_t receive(std::span<char> into);
  void send(std::string_view bytes);
  std::size_t receive_plain(std::span<char> into);
  std::string receive_packet();
  std::size_t take_pending(std::span<char> into) noexcept;
  void read_greeting();
  void read_login();
  void answer_greeting(std::string_view answer);

  const ConnectionOptions& options_;
  const TlsMode mode_;
  const Open open_;
  Waiting waiting_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<TlsStream> tls_;
  bool failed_in_tls_ = false;
  Phase phase_ = Phase::greeting;
  Greeting greeting_;
  std::optional<Login> login_;
  AnswerCheck check_;
  AnswerLimits limits_;
  std::string pending_;         // data for the library during login
  std::uint64_t raw_left_ = 0;  // bytes left for the server's answer, including TLS overhead
  std::exception_ptr failure_;
};

// Connects to the server of the options over TCP.
[[nodiscard]] Transport::Open open_socket(const ConnectionOptions& options);

}  // namespace topo::mysql
