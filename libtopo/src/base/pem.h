// Certificates and keys for TLS, read from files in PEM.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "topo/base/tls_files.h"

namespace topo {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

// The reason of the first error in this thread's queue; "": no error.
[[nodiscard]] std::string last_openssl_reason();

// Returns at least one certificate. Throws UnreadableFile.
[[nodiscard]] std::vector<Certificate> read_certificates(const std::string& file);

// A certificate with the certificates that sign it, and its private key.
struct Identity {
  std::vector<Certificate> certificates;
  Key key;
};
// Adds the reasons why the files are unusable to `unusable`.
[[nodiscard]] Identity read_identity(const std::string& cert_file, const std::string& key_file,
                                     std::vector<UnusableFile>& unusable);

}  // namespace topo
