// Queries this machine's name service, with a time limit.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>
#include <vector>

#include "mysql/waiting.h"
#include "topo/base/read_failure.h"

namespace topo::mysql {

// The result of getaddrinfo(3).
struct NameAnswer {
  int failure = 0;  // EAI_…, or 0
  std::shared_ptr<const addrinfo> addresses;
};

// `flags` are those of getaddrinfo's hints. Numeric addresses are answered immediately. A lookup cannot be
// cancelled: after `waiting` ends it continues in its own thread, for some seconds at most (regardless of
// resolv.conf). The number of these threads is limited to some hundreds; further lookups wait for a free one.
// Names answered before, new names and names that timed out have separate limits, so that they do not delay
// each other. Throws Broken.
[[nodiscard]] NameAnswer ask_name_service(const std::string& host, const std::string& port, int flags,
                                          Waiting& waiting);

// The host's numeric addresses, sorted; empty: none. Throws Broken.
[[nodiscard]] std::vector<std::string> addresses_of(const std::string& host, Waiting& waiting);

// The numeric address; "": unknown.
[[nodiscard]] std::string in_digits(const sockaddr& address, socklen_t length);

// Throws the error for a wait for `what` that has ended without success. `failure`: what it says about the
// server.
[[noreturn]] void throw_not_waited(Waiting::Outcome outcome, const Waiting& waiting, std::string_view what,
                                   ReadFailure failure = ReadFailure::local);

}  // namespace topo::mysql
