// Logging in: checks a server's packets until it accepts the login, before the client library sees them.
// Pure: no I/O.
//
// MySQL Source Code Documentation, "Connection Phase"; MariaDB Knowledge Base, "Connection".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace topo::mysql {

// The server's first packet.
struct Greeting {
  std::string version;
  std::uint32_t thread_id = 0;
  std::string nonce;  // 20 bytes
  std::uint32_t capabilities = 0;
  std::uint8_t charset = 0;
  std::uint16_t status = 0;
  std::string plugin;  // the server's default authentication plugin; "": not named

  [[nodiscard]] bool offers_tls() const noexcept;
};

// Throws Broken for malformed packets, for protocols older than 4.1, and for errors such as "too many
// connections", with the server's text.
[[nodiscard]] Greeting parse_greeting(std::string_view payload);

// The plugin to start with: the server's default, or mysql_native_password if the default is not allowed
// without TLS; the server then requests the account's plugin.
[[nodiscard]] std::string first_plugin(const Greeting& greeting);

// The greeting as a payload for the client library: only with capabilities used here, and without TLS, which
// the library does not handle.
[[nodiscard]] std::string shown_to_library(const Greeting& greeting);

// Convert the library's answer to the greeting into the request for TLS, and into the login packet after it.
// Throw Broken for any other packet.
[[nodiscard]] std::string tls_request(std::string_view answer);
[[nodiscard]] std::string login_packet(std::string_view answer, bool encrypted);

// Checks the packets that follow.
class Login {
 public:
  // `plugin`: the plugin that the library started with.
  Login(std::string plugin, bool encrypted) : plugin_(std::move(plugin)), encrypted_(encrypted) {}

  // True: the server accepted the login. Throws Broken for malformed packets, for an endless login, and
  // without TLS for plugins that reveal the password to the server: by sending it in clear text, or encrypted
  // with a key that the server has chosen.
  [[nodiscard]] bool take(std::string_view payload);

 private:
  void take_plugin(std::string_view payload);
  void take_more(std::string_view payload) const;

  std::string plugin_;
  const bool encrypted_;
  int packets_ = 0;
};

// Depends on how the plugin sends or hashes the password.
[[nodiscard]] bool is_allowed_plugin(std::string_view name, bool encrypted) noexcept;

}  // namespace topo::mysql
