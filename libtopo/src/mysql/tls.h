// TLS connections to servers: loads the files of TlsOptions, and encrypts a stream over any transport.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "topo/mysql/connection.h"

namespace topo::mysql {

// The OpenSSL context for the options; cached and shared as long as the files do not change. Thread-safe.
// Throws Broken for unusable files.
[[nodiscard]] std::shared_ptr<SSL_CTX> tls_context(const TlsOptions& options);

// The client end of a TLS connection, without a socket. Not thread-safe.
class TlsStream {
 public:
  using Send = std::function<void(std::string_view)>;           // sends all bytes
  using Receive = std::function<std::size_t(std::span<char>)>;  // at least one byte; 0: closed by the peer

  // `host`: the name that the certificate must contain in mode verify. `send` and `receive` may throw.
  TlsStream(const TlsOptions& options, const std::string& host, Send send, Receive receive);

  // Throws Broken if there is no common TLS version or cipher, or if the certificate is rejected.
  void shake_hands();
  // Returns like `receive`.
  [[nodiscard]] std::size_t read(std::span<char> into);
  void write(std::string_view bytes);

  // nullopt: an authority in the configured file signed the certificate, or no file is configured.
  [[nodiscard]] std::optional<std::string> why_not_verified() const;

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  // Moves bytes between OpenSSL and the socket after a call that returned `result`. False: end of stream.
  bool move_bytes(int result);
  void send_what_is_due();

  const TlsMode mode_;
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool has_authorities_;
  Send send_;
  Receive receive_;
};

}  // namespace topo::mysql
