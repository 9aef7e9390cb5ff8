#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

#include "base/shown_text.h"
#include "topo/base/error.h"
#include "topo/inspect/host_names.h"

namespace topo {
namespace {

// The resolver's settings belong to the calling thread. Reading them anew takes in a changed resolv.conf,
// which libc does not do by itself once a program has touched them.
void bound_waiting() {
  constexpr int seconds_per_try = 2;
  constexpr int tries = 2;
  if (res_init() != 0) return;
  _res.retrans = std::min(_res.retrans, seconds_per_try);
  _res.retry = std::min(_res.retry, tries);
}

}  // namespace

std::optional<std::string> canonical_host_name(const std::string& host) {
  bound_waiting();
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, [](addrinfo* list) {
    if (list) freeaddrinfo(list);
  });
  if (failure == EAI_NONAME || failure == EAI_NODATA || failure == EAI_ADDRFAMILY) return std::nullopt;
  if (failure != 0) {
    throw Error(Code::unreachable, fmt::format("the name service could not tell about {}: {}",
                                               shown_text(host), gai_strerror(failure)));
  }
  if (!found->ai_canonname) return host;
  return std::string(found->ai_canonname);
}

}  // namespace topo
