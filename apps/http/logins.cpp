#include "http/logins.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <array>

#include "common/address_ranges.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::string_view cookie_name = "orchestrator-browser";
constexpr long cookie_seconds = 30L * 24 * 60 * 60;
constexpr std::size_t nonce_bytes = 16, key_bytes = 32;

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) != 1)
    throw topo::Error(topo::Code::refused, "The system provides no random bytes");
  return bytes;
}

// All values of our cookie: several paths may each have one.
std::vector<std::string> cookies(const Header& header) {
  std::vector<std::string> values;
  std::string_view rest = header.value;
  while (!rest.empty()) {
    const auto one = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const auto item = one.substr(std::min(one.find_first_not_of(' '), one.size()));
    if (item.starts_with(cookie_name) && item.substr(cookie_name.size()).starts_with('='))
      values.emplace_back(item.substr(cookie_name.size() + 1));
  }
  return values;
}

std::string client_named(const std::string& address, const Peer& peer) {
  if (address.empty()) return "a local socket";
  if (peer.is_local) return address + " through a local socket";
  return address == peer.address ? address : fmt::format("{} through {}", address, peer.address);
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t max_size = 80;
  std::string result(text.substr(0, max_size));
  for (auto& c : result) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text.size() > max_size ? result + "..." : result;
}

Logins::Logins(spdlog::logger& log, const FailedLogins::Pace& pace)
    : log_(log), key_(random_bytes(key_bytes)), failed_(pace) {}

std::variant<Visitor, Denial> Logins::identify(const AccessPolicy& policy, const HeaderLookup& header,
                                               const Peer& peer) {
  const auto login = policy.login(header);
  if (!login) return policy.identify(header, peer);
  const auto address = policy.proxies().client(header, peer);
  const auto browser = known_browser(header, login->user);
  std::variant<Visitor, Denial> answer = Denial{429, "Too many logins have failed; try again later"};
  std::variant<Visitor, Denial> judged;
  const auto result =
      failed_.attempt({browser ? *browser : client_of(address), login->user, login->is_known}, [&] {
        judged = policy.identify(header, peer);
        return std::holds_alternative<Visitor>(judged);
      });
  if (result.failures > 0) {
    log_.warn(fmt::format("Login failed for user \"{}\" from {}; {} from this {} lately", shown(login->user),
                          client_named(address, peer), result.failures, browser ? "browser" : "address"));
  }
  if (result.outcome != FailedLogins::Outcome::refused) answer = std::move(judged);
  return answer;
}

std::string Logins::signature(const std::string& nonce, const std::string& user) const {
  const auto text = nonce + user;
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), code.data(), &size);
  return hex(code.data(), size);
}

std::optional<std::string> Logins::known_browser(const HeaderLookup& header, const std::string& user) const {
  for (const auto& cookie : cookies(header("Cookie"))) {
    if (cookie.size() <= 2 * nonce_bytes) continue;
    auto nonce = cookie.substr(0, 2 * nonce_bytes);
    const auto expected = signature(nonce, user);
    const auto given = std::string_view(cookie).substr(2 * nonce_bytes);
    if (given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0)
      return "browser " + nonce;
  }
  return std::nullopt;
}

std::optional<std::string> Logins::new_cookie(const AccessPolicy& policy, const HeaderLookup& header,
                                              const Peer& peer, const std::string& path) const {
  const auto login = policy.login(header);
  if (!login || known_browser(header, login->user)) return std::nullopt;
  const auto random = random_bytes(nonce_bytes);
  const auto nonce = hex(reinterpret_cast<const unsigned char*>(random.data()), random.size());
  return fmt::format("{}={}{}; Path={}; Max-Age={}; HttpOnly; SameSite=Strict{}", cookie_name, nonce,
                     signature(nonce, login->user), path, cookie_seconds,
                     policy.is_https(header, peer) ? "; Secure" : "");
}

}  // namespace orchestrator
