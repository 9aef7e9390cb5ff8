#include "topo/base/node_identity.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "base/random_text.h"
#include "topo/base/error.h"

namespace topo {

std::string this_host() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

NodeIdentity NodeIdentity::make(std::string command, std::string version) {
  NodeIdentity node;
  node.command = std::move(command);
  node.version = std::move(version);
  node.hostname = this_host();
  if (node.hostname.empty())
    throw Error(Code::invalid_argument, "The host name of this machine cannot be read");
  constexpr std::size_t token_bytes = 32;
  node.token = random_hex(token_bytes);
  return node;
}

}  // namespace topo
