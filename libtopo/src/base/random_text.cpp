#include "base/random_text.h"

#include <openssl/rand.h>

#include <vector>

#include "base/hex.h"
#include "topo/base/error.h"

namespace topo {

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw Error(Code::refused, "The system provides no random bytes");
  return to_hex(random);
}

}  // namespace topo
