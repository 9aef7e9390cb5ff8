// Certificates for tests, generated on demand.
#pragma once

#include <filesystem>
#include <string>

namespace rogue {

// A certificate authority of that name; it signs certificates, all in PEM.
class Authority {
 public:
  explicit Authority(const std::string& name);

  [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }
  struct Identity {
    std::string certificate, key;
  };
  // A certificate for a host of that name or address.
  [[nodiscard]] Identity sign(const std::string& host) const;

 private:
  std::string certificate_, key_;
};

// The PEM private key, encrypted with a passphrase.
[[nodiscard]] std::string with_passphrase(const std::string& key);

void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace rogue
