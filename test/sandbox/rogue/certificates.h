// Certificates for tests, made as they are needed.
#pragma once

#include <filesystem>
#include <string>

namespace rogue {

// An authority of that name, and what it signs, in PEM.
class Authority {
 public:
  explicit Authority(const std::string& name);

  [[nodiscard]] const std::string& certificate() const noexcept { return certificate_; }
  struct Identity {
    std::string certificate, key;
  };
  // For a host of that name or address.
  [[nodiscard]] Identity sign(const std::string& host) const;

 private:
  std::string certificate_, key_;
};

// A private key in PEM, as it is with a passphrase.
[[nodiscard]] std::string with_passphrase(const std::string& key);

void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace rogue
