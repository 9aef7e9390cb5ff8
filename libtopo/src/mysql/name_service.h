// The name service of this machine, asked within a time.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>
#include <vector>

#include "mysql/waiting.h"

namespace topo::mysql {

// What getaddrinfo(3) says.
struct NameAnswer {
  int failure = 0;  // EAI_…, or 0
  std::shared_ptr<const addrinfo> addresses;
};

// `flags`: of getaddrinfo's hints. Addresses in digits are answered at once. A lookup that takes longer than
// `waiting` allows goes on in a thread of its own, as nothing can end it, for some seconds whatever
// resolv.conf allows; there are at most some hundreds of those, and further lookups wait for one to end.
// Names that were answered before, names that nobody has asked for yet, and names that were not answered in
// time, do not wait for each other. Throws Broken.
[[nodiscard]] NameAnswer ask_name_service(const std::string& host, const std::string& port, int flags,
                                          Waiting& waiting);

// The addresses of that host in digits, sorted; empty: it has none. Throws Broken.
[[nodiscard]] std::vector<std::string> addresses_of(const std::string& host, Waiting& waiting);

// In digits; "": it cannot be told.
[[nodiscard]] std::string in_digits(const sockaddr& address, socklen_t length);

// For those who waited in vain for `what`.
[[noreturn]] void throw_not_waited(Waiting::Outcome outcome, const Waiting& waiting, std::string_view what);

}  // namespace topo::mysql
