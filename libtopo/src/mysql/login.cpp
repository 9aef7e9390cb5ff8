#include "mysql/login.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysql.h>

#include "base/shown_text.h"
#include "mysql/broken.h"
#include "mysql/packet.h"

namespace topo::mysql {
namespace {

constexpr std::size_t nonce_size = 20;
constexpr std::size_t first_nonce_part = 8;
// Protocol 4.1 with hashed passwords.
constexpr std::uint32_t needed_capabilities = CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION;
// CLIENT_MYSQL (1) disables MariaDB's protocol extensions.
constexpr std::uint32_t used_capabilities =
    needed_capabilities | CLIENT_MYSQL | CLIENT_FOUND_ROWS | CLIENT_LONG_FLAG | CLIENT_CONNECT_WITH_DB |
    CLIENT_TRANSACTIONS | CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS | CLIENT_PLUGIN_AUTH |
    CLIENT_CONNECT_ATTRS | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA;

constexpr std::string_view native_password = "mysql_native_password";
constexpr std::string_view caching_sha2 = "caching_sha2_password";

// The start of every answer of the library: capabilities, maximum packet size, character set, zeros.
constexpr std::size_t fixed_part = 32;

[[noreturn]] void throw_error_of_server(std::string_view payload) {
  PayloadReader reader(payload.substr(1));
  const auto number = reader.number(2);
  if (!number) throw_malformed("an error without a number");
  auto text = reader.rest();
  constexpr std::size_t state_size = 6;
  if (text.starts_with('#')) text.remove_prefix(std::min(state_size, text.size()));
  throw Broken{Code::sql, static_cast<unsigned>(*number), shown_text(text, MYSQL_ERRMSG_SIZE)};
}

}  // namespace

bool is_allowed_plugin(std::string_view name, bool encrypted) noexcept {
  if (name == native_password || name == "client_ed25519" || name == caching_sha2) return true;
  return encrypted && name == "sha256_password";
}

bool Greeting::offers_tls() const noexcept {
  return (capabilities & CLIENT_SSL) != 0;
}

Greeting parse_greeting(std::string_view payload) {
  if (payload.empty()) throw_malformed("an empty greeting");
  if (static_cast<unsigned char>(payload.front()) == marker_error) throw_error_of_server(payload);
  PayloadReader reader(payload);
  const auto protocol = reader.number(1);
  if (protocol != 10) {
    throw Broken{Code::sql, CR_VERSION_ERROR,
                 fmt::format("it speaks version {} of the protocol, not 10; is it a MySQL server?",
                             protocol.value_or(0))};
  }
  Greeting greeting;
  greeting.version = reader.terminated().value_or("");
  greeting.thread_id = static_cast<std::uint32_t>(reader.number(4).value_or(0));
  greeting.nonce = reader.bytes(first_nonce_part).value_or("");
  const auto filler = reader.number(1);
  const auto low = reader.number(2);
  if (!filler || !low) throw_malformed("a greeting that is cut off");
  greeting.capabilities = static_cast<std::uint32_t>(*low);
  greeting.charset = static_cast<std::uint8_t>(reader.number(1).value_or(0));
  greeting.status = static_cast<std::uint16_t>(reader.number(2).value_or(0));
  greeting.capabilities |= static_cast<std::uint32_t>(reader.number(2).value_or(0)) << 16U;
  constexpr std::size_t sizes_and_fillers = 11;
  static_cast<void>(reader.bytes(sizes_and_fillers));
  if ((greeting.capabilities & needed_capabilities) != needed_capabilities) {
    throw Broken{Code::sql, CR_SECURE_AUTH,
                 "it uses a protocol older than MySQL 4.1, which does not protect passwords"};
  }
  greeting.nonce += reader.bytes(nonce_size - first_nonce_part).value_or("");
  if (reader.failed()) throw_malformed("a greeting that is cut off");
  if ((greeting.capabilities & CLIENT_PLUGIN_AUTH) == 0) return greeting;
  PayloadReader name(reader.rest().substr(reader.rest().starts_with('\0') ? 1 : 0));
  // Some servers omit the final NUL.
  const auto whole = name.rest();
  greeting.plugin = name.terminated().value_or(whole);
  return greeting;
}

std::string first_plugin(const Greeting& greeting) {
  return is_allowed_plugin(greeting.plugin, false) ? greeting.plugin : std::string(native_password);
}

std::string shown_to_library(const Greeting& greeting) {
  const auto capabilities = (greeting.capabilities & used_capabilities) | CLIENT_MYSQL;
  std::string payload = "\x0a" + greeting.version + '\0' + little_endian(greeting.thread_id, 4);
  payload.append(greeting.nonce, 0, first_nonce_part).append(1, '\0');
  payload += little_endian(capabilities & 0xffffU, 2) + little_endian(greeting.charset, 1) +
             little_endian(greeting.status, 2) + little_endian(capabilities >> 16U, 2);
  payload += little_endian(nonce_size + 1, 1) + std::string(10, '\0');
  payload.append(greeting.nonce, first_nonce_part).append(1, '\0');
  return payload.append(first_plugin(greeting)).append(1, '\0');
}

std::string tls_request(std::string_view answer) {
  if (answer.size() < packet_header_size + fixed_part)
    throw Broken{Code::unreachable, CR_UNKNOWN_ERROR, "the client library has not answered the greeting"};
  const auto begin = login_packet(answer, true).substr(packet_header_size, fixed_part);
  return packet(begin, 1);
}

std::string login_packet(std::string_view answer, bool encrypted) {
  const bool is_whole = answer.size() >= packet_header_size + fixed_part &&
                        payload_size(answer) + packet_header_size == answer.size();
  if (!is_whole)
    throw Broken{Code::unreachable, CR_UNKNOWN_ERROR, "the client library has not answered the greeting"};
  auto payload = std::string(answer.substr(packet_header_size));
  auto capabilities = static_cast<std::uint32_t>(*PayloadReader(payload).number(4));
  // The library requests all its capabilities, whatever the server supports.
  capabilities &= used_capabilities;
  if (encrypted) capabilities |= CLIENT_SSL;
  payload.replace(0, 4, little_endian(capabilities, 4));
  return packet(payload, encrypted ? 2 : 1);
}

bool Login::take(std::string_view payload) {
  constexpr int max_packets = 16;
  if (++packets_ > max_packets) throw_malformed("the login does not end");
  if (payload.empty()) throw_malformed("an empty one");
  switch (static_cast<unsigned char>(payload.front())) {
    case marker_ok: {
      PayloadReader reader(payload.substr(1));
      static_cast<void>(reader.length());
      static_cast<void>(reader.length());
      if (!reader.bytes(4)) throw_malformed("an OK that is cut off");
      return true;
    }
    case marker_error: throw_error_of_server(payload);
    case marker_end: take_plugin(payload.substr(1)); return false;
    case marker_more: take_more(payload.substr(1)); return false;
    default: throw_malformed("no answer to a password");
  }
}

void Login::take_plugin(std::string_view payload) {
  PayloadReader reader(payload);
  std::string name = "mysql_old_password";
  if (!payload.empty()) {
    const auto asked = reader.terminated();
    if (!asked) throw_malformed("the name of a plugin without an end");
    name = *asked;
  }
  if (!is_allowed_plugin(name, encrypted_)) {
    const bool would_do = is_allowed_plugin(name, true);
    throw Broken{Code::refused, CR_AUTH_PLUGIN_ERR,
                 fmt::format("it asks for the password by {}, which {}; {}", shown_text(name),
                             would_do ? "is allowed only with TLS" : "reveals it to the server",
                             would_do ? "turn on TLS on the server"
                                      : "use another authentication plugin for the account")};
  }
  constexpr std::size_t max_data = 255;
  if (reader.rest().size() > max_data) throw_malformed("too much for a plugin to begin with");
  plugin_ = name;
}

void Login::take_more(std::string_view payload) const {
  constexpr std::string_view let_in = "\x03", wants_password = "\x04";
  const bool is_known = plugin_ == caching_sha2 && (payload == let_in || payload == wants_password);
  if (!is_known) throw_malformed("more than was asked about the password");
  if (payload == let_in || encrypted_) return;
  throw Broken{
      Code::refused, CR_AUTH_PLUGIN_ERR,
      "it does not have the account's caching_sha2_password in its cache, and the password is sent inside "
      "TLS only; turn on TLS on the server, or log in to that account once over TLS or a socket"};
}

}  // namespace topo::mysql
