// Checks whether files are usable for TLS.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace topo {

// Why the file contains no usable CA certificates; nullopt: it contains certificates in PEM format.
[[nodiscard]] std::optional<std::string> why_no_authorities(const std::string& file);

// Why a certificate and its private key are unusable; empty: they are usable.
struct UnusableFile {
  bool is_key = false;  // true: the key file; false: the certificate file
  std::string reason;
};
[[nodiscard]] std::vector<UnusableFile> why_no_identity(const std::string& cert_file,
                                                        const std::string& key_file);

}  // namespace topo
