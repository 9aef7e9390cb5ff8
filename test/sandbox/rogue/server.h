// A malicious or faulty server that speaks the MySQL protocol, for tests that real servers cannot provide.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/rogue/wire.h"

namespace rogue {

// The connection of one client to another server, for mode relay.
class Relayed {
 public:
  virtual ~Relayed() = default;
  [[nodiscard]] virtual std::string version() = 0;  // as in its greeting
  [[nodiscard]] virtual std::uint32_t connection_id() = 0;
  // nullopt: the statement fails.
  [[nodiscard]] virtual std::optional<Rows> answer(std::string_view statement) = 0;
};

struct Options {
  std::string mode = "honest";
  std::uint64_t seed = 0;  // of mode random
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                                  // of the first server; 0: any
  std::size_t count = 1;                                   // servers, each on a port of its own
  std::chrono::milliseconds pause{1000};                   // between the bytes, for modes that drip
  std::size_t amount = 6000;                               // how much to send, for modes that send a lot
  std::string name = "x;host=127.0.0.1";                   // of a host, for mode names
  std::function<std::unique_ptr<Relayed>()> relayed = {};  // of mode relay
  // For modes with TLS, in PEM; "": issued for the address by an unknown authority.
  std::string certificate = {}, key = {};
};

struct Mode {
  std::string_view name, what;
};
[[nodiscard]] std::vector<Mode> modes();

// Listens from its constructor to its destructor, with one thread per client. Throws std::runtime_error when
// it cannot listen or the mode is unknown.
class Server {
 public:
  explicit Server(Options options);
  ~Server();

  [[nodiscard]] const std::string& address() const noexcept;
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const noexcept;
  [[nodiscard]] std::uint16_t port() const noexcept { return ports().front(); }

  // Changes the mode and disconnects all clients.
  void turn_to(const std::string& mode);

  // Everything that clients have sent, decrypted and concatenated.
  [[nodiscard]] std::string heard() const;
  [[nodiscard]] std::size_t clients() const;    // so far
  [[nodiscard]] std::size_t connected() const;  // now
  [[nodiscard]] std::uint64_t bytes_sent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rogue
