#include "base/pem.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <string_view>

#include "base/regular_file.h"

namespace topo {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

// Otherwise OpenSSL would ask for the passphrase on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_for_writing*/, void* was_asked) {
  if (was_asked != nullptr) *static_cast<bool*>(was_asked) = true;
  return 0;
}

// The content of a PEM file. Throws UnreadableFile.
class PemFile {
 public:
  explicit PemFile(const std::string& file)
      : content_(read_regular_file(file)),
        bio_(BIO_new_mem_buf(content_.bytes.data(), static_cast<int>(content_.bytes.size()))) {}
  [[nodiscard]] BIO* get() const { return bio_.get(); }

 private:
  FileContent content_;
  std::unique_ptr<BIO, FreeBio> bio_;
};

// Throws UnreadableFile.
Key read_key(const std::string& file) {
  const PemFile from(file);
  ERR_clear_error();
  bool was_asked = false;
  Key key(PEM_read_bio_PrivateKey(from.get(), nullptr, no_passphrase, &was_asked));
  if (key) return key;
  if (was_asked) throw UnreadableFile{"its key has a passphrase; store it without one"};
  throw UnreadableFile{"it contains no readable private key in PEM format"};
}

}  // namespace

std::string last_openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "" : reason;
}

std::vector<Certificate> read_certificates(const std::string& file) {
  const PemFile from(file);
  std::vector<Certificate> certificates;
  ERR_clear_error();
  while (auto* certificate = PEM_read_bio_X509(from.get(), nullptr, no_passphrase, nullptr))
    certificates.emplace_back(certificate);
  const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!is_at_end) {
    throw UnreadableFile{fmt::format("certificate {} in it cannot be read: {}", certificates.size() + 1,
                                     last_openssl_reason())};
  }
  if (certificates.empty()) throw UnreadableFile{"it contains no certificate in PEM format"};
  return certificates;
}

Identity read_identity(const std::string& cert_file, const std::string& key_file,
                       std::vector<UnusableFile>& unusable) {
  Identity identity;
  try {
    identity.certificates = read_certificates(cert_file);
  } catch (const UnreadableFile& unreadable) {
    unusable.push_back({false, unreadable.why});
  }
  try {
    identity.key = read_key(key_file);
  } catch (const UnreadableFile& unreadable) {
    unusable.push_back({true, unreadable.why});
  }
  if (unusable.empty() &&
      X509_check_private_key(identity.certificates.front().get(), identity.key.get()) != 1)
    unusable.push_back({true, fmt::format("its key does not match the first certificate in {}", cert_file)});
  return identity;
}

std::optional<std::string> why_no_authorities(const std::string& file) {
  try {
    (void)read_certificates(file);
    return std::nullopt;
  } catch (const UnreadableFile& unreadable) {
    return unreadable.why;
  }
}

std::vector<UnusableFile> why_no_identity(const std::string& cert_file, const std::string& key_file) {
  std::vector<UnusableFile> unusable;
  static_cast<void>(read_identity(cert_file, key_file, unusable));
  return unusable;
}

}  // namespace topo
