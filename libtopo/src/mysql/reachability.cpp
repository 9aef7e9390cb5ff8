#include "topo/mysql/reachability.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "topo/base/clock.h"

namespace topo::mysql {
namespace {

class Socket {
 public:
  explicit Socket(const addrinfo& address)
      : fd_(socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   address.ai_protocol)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

// 0, ETIMEDOUT when the deadline passed, or the errno of the failure.
int try_connect(const addrinfo& address, SteadyTime deadline) {
  const Socket socket(address);
  if (socket.fd() < 0) return errno;
  if (connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return ETIMEDOUT;
    pollfd waiting{socket.fd(), POLLOUT, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return errno;
    if (ready <= 0) continue;
    int error = 0;
    socklen_t size = sizeof(error);
    return getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }
}

}  // namespace

std::optional<Unreachable> why_unreachable(const InstanceKey& key, std::chrono::milliseconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(key.hostname().c_str(), std::to_string(key.port()).c_str(), &hints, &list);
  if (failure != 0) {
    return Unreachable{Code::unreachable, gai_strerror(failure)};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(list, &freeaddrinfo);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  int error = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    error = try_connect(*address, deadline);
    if (error == 0) return std::nullopt;
  }
  return Unreachable{error == ETIMEDOUT ? Code::timeout : Code::unreachable,
                     std::generic_category().message(error)};
}

void check_reachable(const InstanceKey& key, std::chrono::milliseconds timeout) {
  const auto failure = why_unreachable(key, timeout);
  if (!failure) return;
  throw Error(failure->code, fmt::format("Cannot connect to {}: {}; check host, port and firewall",
                                         key.display(), failure->reason));
}

}  // namespace topo::mysql
