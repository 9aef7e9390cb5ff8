// Whether files can be used for TLS.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace topo::mysql {

// Why the file cannot tell which authorities to believe; nullopt: it holds certificates in PEM.
[[nodiscard]] std::optional<std::string> why_no_authorities(const std::string& file);

// Why a certificate and its private key cannot be shown to a server; empty: they can.
struct UnusableFile {
  bool is_key = false;  // it is the file of the key, otherwise that of the certificate
  std::string reason;
};
[[nodiscard]] std::vector<UnusableFile> why_no_identity(const std::string& cert_file,
                                                        const std::string& key_file);

}  // namespace topo::mysql
