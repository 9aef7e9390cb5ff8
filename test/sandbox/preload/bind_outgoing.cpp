// Preloaded into a server: binds its outgoing connections to loopback addresses to the address in
// SANDBOX_BIND_ADDRESS, as if the server had a machine of its own. MariaDB has no setting for that.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace {

constexpr unsigned loopback_network = 127;

bool is_unbound(int descriptor) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  return getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
         own.sin_family == AF_INET && own.sin_port == 0;
}

// Returns like bind: 0, or -1 with errno.
int bind_to_own_address(int descriptor, const sockaddr* target) {
  if (target == nullptr || target->sa_family != AF_INET) return 0;
  const auto* address = reinterpret_cast<const sockaddr_in*>(target);
  if (ntohl(address->sin_addr.s_addr) >> 24 != loopback_network || !is_unbound(descriptor)) return 0;
  const char* wanted = std::getenv("SANDBOX_BIND_ADDRESS");  // NOLINT(concurrency-mt-unsafe)
  sockaddr_in own{};
  own.sin_family = AF_INET;
  if (wanted == nullptr || inet_pton(AF_INET, wanted, &own.sin_addr) != 1) return 0;
  // connect chooses the port, as it does without bind.
  const int on = 1;
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  return bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own);
}

}  // namespace

// Looking up the C library's own connect would tie this file to one version of that library; the system call
// is equivalent.
extern "C" int connect(int descriptor, const sockaddr* target, socklen_t size) {
  if (bind_to_own_address(descriptor, target) != 0) return -1;
  return static_cast<int>(syscall(SYS_connect, descriptor, target, size));
}
