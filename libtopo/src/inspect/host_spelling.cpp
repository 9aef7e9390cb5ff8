#include "inspect/host_spelling.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "topo/base/instance_key.h"

namespace topo::inspect {

std::string one_spelling(std::string_view host) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = host.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  host = host.substr(first, host.find_last_not_of(blanks) - first + 1);
  host = host.substr(0, host.find_last_not_of('.') + 1);
  std::string result(host);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });

  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, result.c_str(), &address) == 1 &&
      inet_ntop(AF_INET6, &address, text.data(), text.size())) {
    return text.data();
  }
  return result;
}

bool can_be_host(const std::string& name) {
  return !host_name_problem(name) && !name.ends_with('.');
}

bool is_address(const std::string& host) {
  in_addr address{};
  // Host names contain no colon; inet_pton rejects an IPv6 address with a zone.
  return host.find(':') != std::string::npos || inet_pton(AF_INET, host.c_str(), &address) == 1;
}

}  // namespace topo::inspect
