#include "http/host_policy.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/access.h"
#include "common/ascii_case.h"
#include "http/listen_address.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

// ":3000", ":" or nothing.
bool is_port(std::string_view text) {
  return text.empty() ||
         (text.front() == ':' && text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

// "name", "name:port", "[ipv6]" or "[ipv6]:port" without port and brackets, in lower case. "" for others.
std::string name_in(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos || !is_port(host.substr(end + 1)) ? ""
                                                                           : lower(host.substr(1, end - 1));
  }
  const auto end = std::min(host.find(':'), host.size());
  if (!is_port(host.substr(end))) return "";
  auto name = lower(host.substr(0, end));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

bool is_address(const std::string& name) {
  std::array<std::uint8_t, 16> address{};
  return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

}  // namespace

OwnNames::OwnNames(std::string_view hostname, Lookup lookup)
    : hostname_(hostname), lookup_(std::move(lookup)) {
  add(hostname_);
}

void OwnNames::add(std::string_view name) {
  auto known = name_in(name);
  if (known.empty()) return;
  names_.insert(known.substr(0, known.find('.')));
  names_.insert(std::move(known));
}

bool OwnNames::contains(const std::string& name) {
  constexpr std::chrono::minutes pause{1};
  const std::lock_guard lock(mutex_);
  if (names_.contains(name)) return true;
  if (!next_lookup_ || Clock::now() < *next_lookup_) return false;
  try {
    if (const auto canonical = lookup_(hostname_); canonical && is_host_name(*canonical)) add(*canonical);
    next_lookup_.reset();
  } catch (const topo::Error&) {
    next_lookup_ = Clock::now() + pause;
  }
  return names_.contains(name);
}

HostPolicy::HostPolicy(const topo::Configuration& configuration, OwnNames& own) : own_(&own) {
  names_.insert("localhost");
  const auto address = parse_listen_address(configuration.listen_address);
  if (!address.host.empty()) names_.insert(lower(address.host));
  for (const auto& host : configuration.http_allowed_hosts) {
    if (const auto why = why_not_allowed_host(host)) throw topo::Error(topo::Code::invalid_argument, *why);
    if (host == "*")
      allows_all_ = true;
    else
      names_.insert(name_in(host));
  }
}

bool HostPolicy::allows(std::string_view host) const {
  const auto name = name_in(host);
  return allows_all_ || is_address(name) || names_.contains(name) || own_->contains(name);
}

}  // namespace orchestrator
