#include "base/digest.h"

#include <openssl/sha.h>

#include <array>

#include "base/hex.h"

namespace topo {

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_hex(digest);
}

}  // namespace topo
