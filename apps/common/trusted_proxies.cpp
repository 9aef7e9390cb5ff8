#include "common/trusted_proxies.h"

#include <algorithm>

#include "common/ascii_case.h"

namespace orchestrator {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text.substr(0, text.find_last_not_of(spaces) + 1);
}

// The items of comma-separated lists, the last first: a proxy appends to the list, or adds a header.
std::vector<std::string_view> items_from_last(const Header& header) {
  std::vector<std::string_view> items;
  const auto add = [&](std::string_view list) {
    for (;;) {
      const auto comma = list.find(',');
      items.push_back(trimmed(list.substr(0, comma)));
      if (comma == std::string_view::npos) return;
      list.remove_prefix(comma + 1);
    }
  };
  if (header.count > 0) add(header.value);
  for (const auto& value : header.further) add(value);
  std::ranges::reverse(items);
  return items;
}

// Some proxies add the port: "192.0.2.7:4711", "[2001:db8::7]:4711".
std::string_view without_port(std::string_view hop) {
  if (hop.starts_with('[')) return hop.substr(1, hop.find(']') - 1);
  const auto colon = hop.find(':');
  return colon == hop.rfind(':') ? hop.substr(0, colon) : hop;
}

}  // namespace

bool TrustedProxies::contains(const Peer& peer) const {
  return peer.is_local || ranges_.contains(peer.address);
}

std::string TrustedProxies::client(const HeaderLookup& header, const Peer& peer) const {
  if (!name_clients_ || !contains(peer)) return peer.address;
  const auto forwarded = header("X-Forwarded-For");
  for (const auto hop : items_from_last(forwarded)) {
    const auto address = without_port(hop);
    if (!is_address(address)) break;  // a client can forge everything before it
    if (!ranges_.contains(address)) return std::string(address);
  }
  return peer.address;
}

std::string TrustedProxies::scheme(const HeaderLookup& header, const Peer& peer) const {
  if (!contains(peer)) return "";
  const auto forwarded = header("X-Forwarded-Proto");
  const auto items = items_from_last(forwarded);
  if (items.empty()) return "";
  auto scheme = lower(items.front());
  return scheme == "http" || scheme == "https" ? scheme : "";
}

}  // namespace orchestrator
