// Transport: all that passes between the client library and a server: time, size, TLS, and what a server may
// ask.
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

// Where bytes go to and come from: a socket, or, for tests, memory.
class Channel {
 public:
  virtual ~Channel() = default;
  // At least one byte; 0: the other end has closed. Throws Broken.
  virtual std::size_t receive(std::span<char> into, Waiting& waiting) = 0;
  // All of it. Throws Broken.
  virtual void send(std::string_view bytes, Waiting& waiting) = 0;
  [[nodiscard]] virtual int descriptor() const noexcept { return -1; }
};

// The client library reads and writes here in place of a socket (client_library.h). It is shown a server
// without TLS, to which it logs in and sends queries; what it is not to see never reaches it. Not
// thread-safe.
class Transport {
 public:
  // `options` must outlive the object. `open` makes the channel; it is called once, and may throw Broken.
  using Open = std::function<std::unique_ptr<Channel>(Waiting&)>;
  Transport(const ConnectionOptions& options, TlsMode mode, Open open);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // What the library asks for. Throw Broken, or what the system does, and do so again whenever they are
  // called after that.
  void connect();
  [[nodiscard]] std::size_t read(std::span<char> into);  // at least one byte
  void write(std::string_view bytes);
  void close() noexcept { channel_.reset(); }

  // From here on the server has so much time for all that follows, and so many bytes and rows.
  void allow(std::chrono::nanoseconds time, const AnswerLimits& limits);
  void end_by(std::optional<SteadyTime> deadline) noexcept { waiting_.end_by(deadline); }

  [[nodiscard]] int descriptor() const noexcept { return channel_ ? channel_->descriptor() : -1; }
  [[nodiscard]] bool encrypted() const noexcept { return tls_ != nullptr; }
  // The server offers TLS that this end does not speak: worth a try without.
  [[nodiscard]] bool failed_in_tls() const noexcept { return failed_in_tls_; }
  // Of the server's certificate, where nobody is refused for it.
  [[nodiscard]] std::optional<std::string> why_not_verified() const;
  // Why reading or writing failed; null: it did not.
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
  std::string pending_;         // for the library, while logging in
  std::uint64_t raw_left_ = 0;  // bytes that the server may send in this answer, with those of TLS
  std::exception_ptr failure_;
};

// To the server of the options, over TCP.
[[nodiscard]] Transport::Open open_socket(const ConnectionOptions& options);

}  // namespace topo::mysql
