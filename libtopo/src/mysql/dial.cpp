#include "mysql/dial.h"

#include <errmsg.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "mysql/broken.h"
#include "mysql/name_service.h"

namespace topo::mysql {
namespace {

// nullopt: connected. Otherwise the errno of the failure.
std::optional<int> why_not_connected(const Socket& socket, const addrinfo& address, Waiting& waiting,
                                     std::chrono::nanoseconds time) {
  if (socket.descriptor() < 0) return errno;
  if (connect(socket.descriptor(), address.ai_addr, address.ai_addrlen) == 0) return std::nullopt;
  if (errno != EINPROGRESS) return errno;
  const auto outcome = waiting.wait(socket.descriptor(), POLLOUT, time);
  if (outcome == Waiting::Outcome::interrupted) throw_not_waited(outcome, waiting, "");
  if (outcome == Waiting::Outcome::timed_out) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error == 0 ? std::nullopt : std::optional(error);
}

// The network or the host says that nothing is there. All else is a failure on this side, such as a missing
// route, which says nothing about the server.
bool is_no_answer(int error) {
  return error == ECONNREFUSED || error == ECONNRESET || error == ETIMEDOUT || error == EHOSTUNREACH ||
         error == EHOSTDOWN;
}

}  // namespace

Socket dial(const std::string& host, std::uint16_t port, Waiting& waiting) {
  const auto [failure, addresses] = ask_name_service(host, std::to_string(port), 0, waiting);
  if (failure != 0) throw Broken{Code::unreachable, CR_UNKNOWN_HOST, gai_strerror(failure)};
  int left = 0;
  for (const auto* one = addresses.get(); one != nullptr; one = one->ai_next) ++left;
  int error = 0;
  auto meaning = ReadFailure::local;
  for (const auto* one = addresses.get(); one != nullptr; one = one->ai_next) {
    Socket socket(
        ::socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol));
    const auto refused = why_not_connected(socket, *one, waiting, waiting.left() / left--);
    if (!refused) {
      const int yes = 1;
      setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      setsockopt(socket.descriptor(), SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
      return socket;
    }
    error = *refused;
    if (is_no_answer(error)) meaning = ReadFailure::no_answer;
  }
  if (error == ETIMEDOUT) throw_not_waited(Waiting::Outcome::timed_out, waiting, "no answer", meaning);
  throw Broken{Code::unreachable, CR_CONN_HOST_ERROR, std::generic_category().message(error), meaning};
}

}  // namespace topo::mysql
