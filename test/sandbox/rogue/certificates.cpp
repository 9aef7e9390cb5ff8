#include "sandbox/rogue/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>

namespace rogue {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool did) {
  if (!did) throw std::runtime_error("OpenSSL cannot make a certificate");
}

std::string written(const std::function<int(BIO*)>& write) {
  const Bio to(BIO_new(BIO_s_mem()), BIO_free);
  require(write(to.get()) == 1);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(to.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

Bio reader(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

Key make_key() {
  return {EVP_EC_gen("P-256"), EVP_PKEY_free};
}

void add_extension(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  require(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(const std::string& name, EVP_PKEY* key, int serial) {
  Certificate made(X509_new(), X509_free);
  constexpr long a_day = 86400;
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -a_day);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 30 * a_day);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(made.get(), key);
  return made;
}

std::string as_pem(X509* certificate) {
  return written([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}

std::string as_pem(EVP_PKEY* key) {
  return written(
      [&](BIO* to) { return PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace

Authority::Authority(const std::string& name) {
  const auto key = make_key();
  const auto made = make_certificate(name, key.get(), 1);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
  require(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
  certificate_ = as_pem(made.get());
  key_ = as_pem(key.get());
}

Authority::Identity Authority::sign(const std::string& host) const {
  const auto issuer_text = reader(certificate_);
  const auto key_text = reader(key_);
  const Certificate issuer(PEM_read_bio_X509(issuer_text.get(), nullptr, nullptr, nullptr), X509_free);
  const Key issuer_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const auto key = make_key();
  const auto made = make_certificate(host, key.get(), 2);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
  const bool is_address = host.find_first_not_of("0123456789.:") == std::string::npos;
  add_extension(made.get(), issuer.get(), NID_subject_alt_name, (is_address ? "IP:" : "DNS:") + host);
  require(X509_sign(made.get(), issuer_key.get(), EVP_sha256()) > 0);
  return {as_pem(made.get()), as_pem(key.get())};
}

std::string with_passphrase(const std::string& key) {
  const auto text = reader(key);
  const Key read(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  return written([&](BIO* to) {
    return PEM_write_bio_PKCS8PrivateKey(to, read.get(), EVP_aes_256_cbc(), "sesame", 6, nullptr, nullptr);
  });
}

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace rogue
