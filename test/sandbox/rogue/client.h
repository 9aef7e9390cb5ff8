// Client: the server side of one connection to a rogue server.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "sandbox/rogue/server.h"
#include "sandbox/rogue/wire.h"

namespace rogue {

struct Gone {};  // thrown when the client has closed the connection, or the server is ending

// Used only by the thread that serves the connection.
class Client {
 public:
  struct Hooks {
    std::function<void(std::string_view)> heard;
    std::function<void(std::size_t)> sent;
    std::function<void(std::chrono::milliseconds)> sleep;  // throws Gone when the server ends
  };
  // A client of the server at `port`. The caller owns the descriptor.
  Client(int descriptor, const Options& options, std::uint16_t port, Hooks hooks);

  void send(std::string_view bytes);
  void drip(std::string_view bytes);
  // The payload of a packet; the next packet sent has the following sequence number.
  std::string receive_packet();
  // As receive_packet, but starts TLS first if the client asks for it.
  std::string receive_login();
  // Packets numbered from the last received one on.
  [[nodiscard]] Packets packets() const { return Packets(next_); }

  [[nodiscard]] const Options& options() const noexcept { return options_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::mt19937_64& random() noexcept { return random_; }
  // Changes what send() sends.
  void spoil_by(std::function<std::string(std::string_view)> spoil) { spoil_ = std::move(spoil); }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::string receive(std::size_t size);
  void begin_tls();

  const int descriptor_;
  const Options& options_;
  const std::uint16_t port_;
  const Hooks hooks_;
  std::uint8_t next_ = 0;
  std::unique_ptr<SSL, Free> tls_;
  std::mt19937_64 random_;
  std::function<std::string(std::string_view)> spoil_;
};

// The behaviour of each mode. Throws std::runtime_error for an unknown mode.
[[nodiscard]] std::function<void(Client&)> behaviour(const std::string& mode);

// The correct answer of a server of this kind; nullopt: a syntax error.
[[nodiscard]] std::optional<Rows> honest_answer(std::string_view statement, const Client& client);

}  // namespace rogue
