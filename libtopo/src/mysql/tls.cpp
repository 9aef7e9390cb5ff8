#include "mysql/tls.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <mutex>
#include <vector>

#include "base/pem.h"
#include "base/regular_file.h"
#include "mysql/broken.h"

namespace topo::mysql {
namespace {

// One file may contain both certificate and key.
const std::string& cert_file_of(const TlsOptions& options) {
  return options.cert_file.empty() ? options.key_file : options.cert_file;
}
const std::string& key_file_of(const TlsOptions& options) {
  return options.key_file.empty() ? options.cert_file : options.key_file;
}

bool believes_system(const TlsOptions& options) {
  return options.mode == TlsMode::verify && options.ca_file.empty();
}

[[noreturn]] void throw_unusable(const std::string& file, std::string_view reason) {
  throw Broken{Code::invalid_argument, CR_SSL_CONNECTION_ERROR, fmt::format("{}: {}", file, reason)};
}

void believe(SSL_CTX& context, const std::string& ca_file) {
  try {
    for (const auto& certificate : read_certificates(ca_file))
      X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), certificate.get());
  } catch (const UnreadableFile& unreadable) {
    throw_unusable(ca_file, unreadable.why);
  }
}

void show(SSL_CTX& context, const std::string& cert_file, const std::string& key_file) {
  std::vector<UnusableFile> unusable;
  const auto [certificates, key] = read_identity(cert_file, key_file, unusable);
  for (const auto& [is_key, reason] : unusable) throw_unusable(is_key ? key_file : cert_file, reason);
  ERR_clear_error();
  bool is_taken = SSL_CTX_use_certificate(&context, certificates.front().get()) == 1;
  for (std::size_t i = 1; i < certificates.size(); ++i)
    is_taken = is_taken && SSL_CTX_add1_chain_cert(&context, certificates[i].get()) == 1;
  if (!is_taken) throw_unusable(cert_file, last_openssl_reason());
  if (SSL_CTX_use_PrivateKey(&context, key.get()) != 1) throw_unusable(key_file, last_openssl_reason());
}

std::shared_ptr<SSL_CTX> make_context(const TlsOptions& options) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw Broken{Code::refused, CR_SSL_CONNECTION_ERROR, last_openssl_reason()};
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (!options.ca_file.empty()) {
    believe(*context, options.ca_file);
  } else if (believes_system(options)) {
    SSL_CTX_set_default_verify_paths(context.get());
  }
  if (!cert_file_of(options).empty()) show(*context, cert_file_of(options), key_file_of(options));
  return context;
}

// Identifies the version of a file that was read.
struct FileVersion {
  dev_t device = 0;
  ino_t number = 0;
  off_t size = 0;
  std::int64_t seconds = 0, nanoseconds = 0;
  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

FileVersion version_of(const std::string& file) {
  struct stat status {};
  if (file.empty() || stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

struct Made {
  bool believes_system = false;
  std::array<std::string, 3> files;
  std::array<FileVersion, 3> versions;
  std::shared_ptr<SSL_CTX> context;
};

}  // namespace

std::shared_ptr<SSL_CTX> tls_context(const TlsOptions& options) {
  static std::mutex mutex;
  static std::vector<Made> all;  // usually one for the servers and one for the backend
  Made wanted{believes_system(options), {options.ca_file, options.cert_file, options.key_file}, {}, nullptr};
  for (std::size_t i = 0; i < wanted.files.size(); ++i) wanted.versions[i] = version_of(wanted.files[i]);
  const std::lock_guard lock(mutex);
  for (const auto& made : all) {
    if (made.believes_system == wanted.believes_system && made.files == wanted.files &&
        made.versions == wanted.versions)
      return made.context;
  }
  wanted.context = make_context(options);
  constexpr std::size_t most = 8;
  if (all.size() == most) all.erase(all.begin());
  all.push_back(wanted);
  return wanted.context;
}

TlsStream::TlsStream(const TlsOptions& options, const std::string& host, Send send, Receive receive)
    : mode_(options.mode),
      context_(tls_context(options)),
      ssl_(SSL_new(context_.get())),
      has_authorities_(!options.ca_file.empty()),
      send_(std::move(send)),
      receive_(std::move(receive)) {
  if (!ssl_) throw Broken{Code::refused, CR_SSL_CONNECTION_ERROR, last_openssl_reason()};
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
  // A configured authority is checked in every mode, but mode preferred continues without a valid signature.
  const bool is_checked = mode_ == TlsMode::verify || (mode_ == TlsMode::required && has_authorities_);
  SSL_set_verify(ssl_.get(), is_checked ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (mode_ != TlsMode::verify) return;
  auto* wanted = SSL_get0_param(ssl_.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1)
    X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
}

void TlsStream::shake_hands() {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return send_what_is_due();
    const auto refused = SSL_get_verify_result(ssl_.get());
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL && refused != X509_V_OK) {
      send_what_is_due();
      throw Broken{
          Code::refused, CR_SSL_CONNECTION_ERROR,
          fmt::format("its certificate cannot be verified: {}", X509_verify_cert_error_string(refused))};
    }
    if (!move_bytes(result))
      throw Broken{Code::unreachable, CR_SSL_CONNECTION_ERROR,
                   "the connection ended within the TLS handshake"};
  }
}

std::size_t TlsStream::read(std::span<char> into) {
  for (;;) {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
    if (result == 1) return size;
    if (!move_bytes(result)) return 0;
  }
}

void TlsStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
    if (result == 1) {
      send_what_is_due();
      bytes.remove_prefix(size);
    } else if (!move_bytes(result)) {
      throw Broken{Code::unreachable, CR_SERVER_LOST, "the connection was closed"};
    }
  }
}

bool TlsStream::move_bytes(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  send_what_is_due();
  if (error == SSL_ERROR_WANT_WRITE) return true;
  if (error == SSL_ERROR_ZERO_RETURN) return false;
  if (error != SSL_ERROR_WANT_READ) {
    throw Broken{Code::unreachable, CR_SSL_CONNECTION_ERROR,
                 fmt::format("TLS: {}",
                             last_openssl_reason().empty() ? "the connection broke" : last_openssl_reason())};
  }
  std::array<char, 16384> bytes;
  const auto size = receive_(bytes);
  if (size == 0) return false;
  BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(size));
  return true;
}

void TlsStream::send_what_is_due() {
  auto* due = SSL_get_wbio(ssl_.get());
  std::array<char, 16384> bytes;
  while (BIO_pending(due) > 0) {
    const int size = BIO_read(due, bytes.data(), static_cast<int>(bytes.size()));
    if (size <= 0) return;
    send_({bytes.data(), static_cast<std::size_t>(size)});
  }
}

std::optional<std::string> TlsStream::why_not_verified() const {
  if (!has_authorities_) return std::nullopt;
  const auto result = SSL_get_verify_result(ssl_.get());
  if (result == X509_V_OK) return std::nullopt;
  return X509_verify_cert_error_string(result);
}

}  // namespace topo::mysql
