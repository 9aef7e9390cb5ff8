// Logging in: what a server says until it has let us in, checked before the client library sees it. Pure.
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
  std::string plugin;  // by which it expects the password; "" where it does not say

  [[nodiscard]] bool offers_tls() const noexcept;
};

// Throws Broken for what is no greeting, one of a protocol older than 4.1, and, with its text, an error (too
// many connections).
[[nodiscard]] Greeting parse_greeting(std::string_view payload);

// By which plugin the answer begins: the server's own, or mysql_native_password in place of one that is not
// allowed outside TLS; the server then asks for the account's.
[[nodiscard]] std::string first_plugin(const Greeting& greeting);

// As a payload for the client library: of a server that can do no more than is used here, and without TLS,
// which is not the library's affair.
[[nodiscard]] std::string shown_to_library(const Greeting& greeting);

// Of the packet in which the library answers the greeting: the request to begin TLS, and the packet as it
// then follows. Throws Broken where the library sends something else.
[[nodiscard]] std::string tls_request(std::string_view answer);
[[nodiscard]] std::string login_packet(std::string_view answer, bool encrypted);

// What follows, packet by packet.
class Login {
 public:
  // `plugin`: by which the library began.
  Login(std::string plugin, bool encrypted) : plugin_(std::move(plugin)), encrypted_(encrypted) {}

  // True: the server has let us in. Throws Broken for what is malformed, endless, or would tell the password
  // to whoever runs the server: plugins that send it as it is, or so that it can be read by who has made up a
  // key for the purpose, but inside TLS.
  [[nodiscard]] bool take(std::string_view payload);

 private:
  void take_plugin(std::string_view payload);
  void take_more(std::string_view payload) const;

  std::string plugin_;
  const bool encrypted_;
  int packets_ = 0;
};

// By how it sends the password, or what it makes of it.
[[nodiscard]] bool is_allowed_plugin(std::string_view name, bool encrypted) noexcept;

}  // namespace topo::mysql
