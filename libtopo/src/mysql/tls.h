// TLS towards servers: what the files of TlsOptions hold, and an encrypted stream over any way to move bytes.
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

// What OpenSSL makes of the options: made once for files that do not change, and shared. Thread-safe. Throws
// Broken where a file cannot be used.
[[nodiscard]] std::shared_ptr<SSL_CTX> tls_context(const TlsOptions& options);

// One end of a TLS connection, without a socket. Not thread-safe.
class TlsStream {
 public:
  using Send = std::function<void(std::string_view)>;  // all of it
  using Receive =
      std::function<std::size_t(std::span<char>)>;  // at least one byte; 0: the other end has closed

  // `host`: what the certificate is to name where `options` say verify. `send` and `receive` may throw.
  TlsStream(const TlsOptions& options, const std::string& host, Send send, Receive receive);

  // Throws Broken when the two find no TLS that both speak, or the certificate is refused.
  void shake_hands();
  // As `receive`.
  [[nodiscard]] std::size_t read(std::span<char> into);
  void write(std::string_view bytes);

  // nullopt: the certificate is signed by an authority of the file that the options name, or they name none.
  [[nodiscard]] std::optional<std::string> why_not_verified() const;

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  // Moves bytes between OpenSSL and the socket after a call that returned `result`. False: there is no more.
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
