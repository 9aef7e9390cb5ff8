#include "sandbox/rogue/client.h"

#include <openssl/pem.h>
#include <sys/socket.h>

#include <mutex>
#include <stdexcept>

#include "sandbox/rogue/certificates.h"

namespace rogue {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Authority::Identity identity_for(const Options& options) {
  if (!options.certificate.empty()) return {options.certificate, options.key};
  static const Authority unknown("An authority that nobody knows");
  return unknown.sign(options.address);
}

Context make_context(const Options& options) {
  const auto identity = identity_for(options);
  const auto read = [](const std::string& text) {
    return std::unique_ptr<BIO, decltype(&BIO_free)>(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  };
  const auto certificate_text = read(identity.certificate);
  const auto key_text = read(identity.key);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr), X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const bool did = SSL_CTX_use_certificate(context.get(), certificate.get()) == 1 &&
                   SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1;
  if (!did) throw std::runtime_error("a rogue server cannot use its certificate");
  return context;
}

}  // namespace

Client::Client(int descriptor, const Options& options, std::uint16_t port, Hooks hooks)
    : descriptor_(descriptor),
      options_(options),
      port_(port),
      hooks_(std::move(hooks)),
      random_(options.seed) {}

void Client::send(std::string_view bytes) {
  const auto spoilt = spoil_ ? spoil_(bytes) : std::string();
  if (spoil_) bytes = spoilt;
  while (!bytes.empty()) {
    const auto size = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) throw Gone{};
    hooks_.sent(static_cast<std::size_t>(size));
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Client::drip(std::string_view bytes) {
  for (const char& byte : bytes) {
    send({&byte, 1});
    hooks_.sleep(options_.pause);
  }
}

std::string Client::receive(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t got = 0; got < size;) {
    const auto n = tls_ ? SSL_read(tls_.get(), bytes.data() + got, static_cast<int>(size - got))
                        : ::recv(descriptor_, bytes.data() + got, size - got, 0);
    if (n <= 0) throw Gone{};
    got += static_cast<std::size_t>(n);
  }
  hooks_.heard(bytes);
  return bytes;
}

std::string Client::receive_packet() {
  const auto head = receive(4);
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(head[i]));
  };
  next_ = static_cast<std::uint8_t>(byte(3) + 1);
  return receive(byte(0) | byte(1) << 8U | byte(2) << 16U);
}

std::string Client::receive_login() {
  auto login = receive_packet();
  const bool asks_for_tls = login.size() == 32 && (static_cast<unsigned char>(login[1]) & 0x08U) != 0;
  if (!asks_for_tls) return login;
  begin_tls();
  return receive_packet();
}

void Client::begin_tls() {
  const auto context = make_context(options_);
  tls_.reset(SSL_new(context.get()));
  SSL_set_fd(tls_.get(), descriptor_);
  if (SSL_accept(tls_.get()) != 1) throw Gone{};
}

}  // namespace rogue
