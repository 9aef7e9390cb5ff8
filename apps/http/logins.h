// Logins: accepts correct logins, slows down guessing, and keeps known browsers working while others guess.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/access.h"
#include "http/failed_logins.h"

namespace spdlog {
class logger;
}

namespace orchestrator {

// Failures are counted by client, as trusted proxies name it. A browser that has logged in before proves that
// with a cookie. The cookie is not a login, but makes the browser a client of its own, so that guesses from
// the same address cannot lock it out. (Accepting a formerly correct password without the cookie would answer
// guesses at once.) Thread-safe.
class Logins {
 public:
  // `log` must outlive the object.
  Logins(spdlog::logger& log, const FailedLogins::Pace& pace);

  // As AccessPolicy::identify. Waits after a failure; a Denial with status 429 says nothing about the
  // password.
  [[nodiscard]] std::variant<Visitor, Denial> identify(const AccessPolicy& policy, const HeaderLookup& header,
                                                       const Peer& peer);
  // The Set-Cookie for a logged-in visitor without a cookie; `path` is the path of the pages.
  [[nodiscard]] std::optional<std::string> new_cookie(const AccessPolicy& policy, const HeaderLookup& header,
                                                      const Peer& peer, const std::string& path) const;
  // From now on, requests that wait after a failed login are answered at once.
  void close() { failed_.close(); }

 private:
  [[nodiscard]] std::string signature(const std::string& nonce, const std::string& user) const;
  [[nodiscard]] std::optional<std::string> known_browser(const HeaderLookup& header,
                                                         const std::string& user) const;

  spdlog::logger& log_;
  const std::string key_;  // signs the cookies of this process
  FailedLogins failed_;
};

// Client input for the log: shortened, and without anything that the log could mistake for something else.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace orchestrator
