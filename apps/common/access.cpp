#include "common/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "common/ascii_case.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::string_view readonly_user = "readonly";

// Takes the same time wherever the first difference is, so that timing reveals nothing.
bool same_secret(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string result;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
  }
  return result;
}

struct Credentials {
  std::string user, password;
};

std::optional<Credentials> basic_credentials(const HeaderLookup& header) {
  constexpr std::string_view scheme = "basic ";
  const auto authorization = header("Authorization").value;
  if (lower(std::string_view(authorization).substr(0, scheme.size())) != scheme) return std::nullopt;
  const auto decoded = decode_base64(std::string_view(authorization).substr(scheme.size()));
  if (!decoded) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

Denial repeated(std::string_view name) {
  return {400, fmt::format("The header {} was sent more than once", name)};
}

// "http://host:port/path" or "http://host:port": scheme, and host with port.
struct Site {
  std::string_view scheme, authority;
};

Site site_of(std::string_view url) {
  const auto end = url.find("://");
  if (end == std::string_view::npos) return {};
  const auto rest = url.substr(end + 3);
  return {url.substr(0, end), rest.substr(0, rest.find_first_of("/?#"))};
}

bool is_any(const Header& header, const std::function<bool(std::string_view)>& has_property) {
  return header.count > 0 &&
         (has_property(header.value) || std::ranges::any_of(header.further, has_property));
}

// Every browser calls itself Mozilla and sends Accept. Media players inside browsers have names of their own
// but send Accept-Language, which programs do not ("*" is what fetch of Node.js sends). A header that came
// twice counts as sent by a browser.
bool is_browser(const HeaderLookup& header) {
  const bool has_name =
      is_any(header("User-Agent"), [](auto agent) { return lower(agent).starts_with("mozilla/"); });
  const bool has_language = is_any(header("Accept-Language"), [](auto language) { return language != "*"; });
  return (has_name && header("Accept").count != 0) || has_language;
}

}  // namespace

bool is_host_name(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<std::string> why_not_allowed_host(std::string_view host) {
  if (host == "*" || is_host_name(host)) return std::nullopt;
  return fmt::format(
      "HTTPAllowedHosts has \"{}\", which is not a host name; expected as in "
      "orchestrator.example.com, without scheme and port, or * for all names",
      host);
}

namespace {

void check_account(const std::string& user, const std::string& password, std::vector<std::string>& mistakes) {
  if (user.find(':') != std::string::npos) {
    mistakes.push_back(
        fmt::format("HTTPAuthUser is \"{}\"; a user cannot have a colon, as HTTP separates user and "
                    "password with it",
                    user));
  }
  if (password.empty()) {
    mistakes.push_back(
        fmt::format("HTTPAuthUser is \"{}\" and HTTPAuthPassword is empty; set a password", user));
  }
}

void check_method(const topo::Configuration& configuration, std::vector<std::string>& mistakes) {
  const auto method = lower(configuration.authentication_method);
  const auto& user = configuration.http_auth_user;
  if (method == "multi" && user.empty()) {
    mistakes.emplace_back("AuthenticationMethod multi needs HTTPAuthUser; set it and HTTPAuthPassword");
  } else if (method == "multi" && user == readonly_user) {
    mistakes.push_back(
        fmt::format("HTTPAuthUser is \"{}\", which AuthenticationMethod multi accepts with any password; set "
                    "another name",
                    user));
  } else if ((method == "multi" || method == "basic") && !user.empty()) {
    check_account(user, configuration.http_auth_password, mistakes);
  } else if (method == "proxy" && configuration.auth_user_header.empty()) {
    mistakes.emplace_back("AuthenticationMethod proxy needs AuthUserHeader; set it");
  } else if (!method.empty() && method != "none" && method != "basic" && method != "proxy") {
    mistakes.push_back(
        fmt::format("AuthenticationMethod is \"{}\"; expected \"\", \"basic\", \"multi\" or \"proxy\"",
                    configuration.authentication_method));
  }
}

}  // namespace

std::vector<std::string> access_mistakes(const topo::Configuration& configuration) {
  std::vector<std::string> mistakes;
  check_method(configuration, mistakes);
  for (const auto& range : configuration.auth_proxy_addresses) {
    try {
      const AddressRanges read({&range, 1});
    } catch (const topo::Error& error) {
      mistakes.push_back(fmt::format("AuthProxyAddresses: {}", error.what()));
    }
  }
  for (const auto& host : configuration.http_allowed_hosts) {
    if (auto why = why_not_allowed_host(host)) mistakes.push_back(std::move(*why));
  }
  return mistakes;
}

AccessPolicy::AccessPolicy(const topo::Configuration& configuration)
    : read_only_(configuration.read_only),
      user_(configuration.http_auth_user),
      password_(configuration.http_auth_password),
      user_header_(configuration.auth_user_header),
      use_ssl_(configuration.use_ssl),
      // The default covers this host only, with any proxy or user on it.
      proxies_(configuration.auth_proxy_addresses,
               configuration.auth_proxy_addresses != topo::Configuration().auth_proxy_addresses),
      power_users_(configuration.power_auth_users) {
  if (const auto mistakes = access_mistakes(configuration); !mistakes.empty())
    throw topo::Error(topo::Code::invalid_argument, mistakes.front());
  const auto method = lower(configuration.authentication_method);
  if (method == "basic" && !user_.empty()) method_ = Method::basic;
  if (method == "multi") method_ = Method::multi;
  if (method == "proxy") method_ = Method::proxy;
}

std::variant<Visitor, Denial> AccessPolicy::identify(const HeaderLookup& header, const Peer& peer) const {
  switch (method_) {
    case Method::none: break;
    case Method::proxy: return identify_by_proxy(header, peer);
    case Method::basic:
    case Method::multi: return identify_by_password(header);
  }
  return Visitor{!read_only_};
}

std::variant<Visitor, Denial> AccessPolicy::identify_by_password(const HeaderLookup& header) const {
  const Denial wrong{401, "Not Authorized"};
  if (header("Authorization").count > 1) return repeated("Authorization");
  const auto credentials = basic_credentials(header);
  if (!credentials) return wrong;
  const bool user_matches = same_secret(credentials->user, user_);
  const bool password_matches = same_secret(credentials->password, password_);
  if (user_matches && password_matches) return Visitor{!read_only_, credentials->user};
  if (method_ == Method::multi && credentials->user == readonly_user)
    return Visitor{false, credentials->user};
  return wrong;
}

std::optional<Login> AccessPolicy::login(const HeaderLookup& header) const {
  if (method_ != Method::basic && method_ != Method::multi) return std::nullopt;
  if (header("Authorization").count != 1) return std::nullopt;
  auto credentials = basic_credentials(header);
  if (!credentials) return std::nullopt;
  const bool is_known =
      credentials->user == user_ || (method_ == Method::multi && credentials->user == readonly_user);
  return Login{std::move(credentials->user), is_known};
}

bool AccessPolicy::is_https(const HeaderLookup& header, const Peer& peer) const {
  const auto scheme = proxies_.scheme(header, peer);
  return scheme.empty() ? use_ssl_ : scheme == "https";
}

std::variant<Visitor, Denial> AccessPolicy::identify_by_proxy(const HeaderLookup& header,
                                                              const Peer& peer) const {
  const auto user = header(user_header_);
  if (user.count > 1) return repeated(user_header_);
  if (user.count == 1 && !proxies_.contains(peer)) {
    return Denial{403, fmt::format("{} says who the user is, but {} is none of AuthProxyAddresses",
                                   user_header_, peer.address)};
  }
  const bool has_power =
      !user.value.empty() && std::ranges::any_of(power_users_, [&](const std::string& power_user) {
        return power_user == "*" || power_user == user.value;
      });
  return Visitor{has_power && !read_only_, user.value};
}

std::optional<std::string> why_not_own_page(const HeaderLookup& header, bool is_https) {
  constexpr std::string_view other_site = "a page of another site sent this request";
  for (const auto* name : {"Host", "Sec-Fetch-Site", "Origin", "Referer", "X-Requested-With"}) {
    if (header(name).count > 1) return repeated(name).message;
  }
  if (const auto site = header("Sec-Fetch-Site"); site.count != 0) {
    if (site.value == "same-origin") return std::nullopt;
    if (site.value == "none")
      return "this request changes something, and is refused for an address typed into a browser";
    return std::string(other_site);
  }
  const auto is_own = [host = header("Host"), is_https](const Header& url) {
    const auto [scheme, authority] = site_of(url.value);
    return host.count != 0 && equal_in_any_case(authority, host.value) &&
           (!is_https || equal_in_any_case(scheme, "https"));
  };
  const auto origin = header("Origin");
  if (!header("X-Requested-With").value.empty()) return std::nullopt;
  if (origin.count != 0) return is_own(origin) ? std::nullopt : std::optional(std::string(other_site));
  const auto referer = header("Referer");
  if (referer.count != 0 && !is_own(referer)) return std::string(other_site);
  if (!is_browser(header)) return std::nullopt;
  return "a browser sent this request and does not say for which page; a client that is not a browser can "
         "send the header X-Requested-With";
}

std::string why_not_write(const Visitor& visitor, const topo::Configuration& configuration) {
  if (visitor.may_write) return "";
  if (configuration.read_only) return "This server is configured to be read-only";
  return visitor.user.empty() ? "You are not authorised to make changes"
                              : fmt::format("User {} is not authorised to make changes", visitor.user);
}

}  // namespace orchestrator
