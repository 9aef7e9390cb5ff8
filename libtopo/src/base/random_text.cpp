#include "base/random_text.h"

#include <openssl/rand.h>

#include <string_view>
#include <vector>

#include "topo/base/error.h"

namespace topo {

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw Error(Code::refused, "The system gives no random bytes");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes);
  for (const auto byte : random) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

}  // namespace topo
