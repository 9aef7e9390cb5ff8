// Logins: lets in who logs in rightly, slows down who guesses, and keeps browsers in while others guess.
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
// with a cookie, which is no login, and is then a client of its own: who guesses from the same address cannot
// keep it out. (To let in what was right before without such a proof would answer guesses at once.)
// Thread-safe.
class Logins {
 public:
  // `log` must outlive the object.
  Logins(spdlog::logger& log, const FailedLogins::Pace& pace);

  // As AccessPolicy::identify. Waits after a failure; a Denial with the status 429 is no answer.
  [[nodiscard]] std::variant<Visitor, Denial> identify(const AccessPolicy& policy, const HeaderLookup& header,
                                                       const Peer& peer);
  // The Set-Cookie of a visitor who has logged in and has no cookie yet; `path` is where pages are.
  [[nodiscard]] std::optional<std::string> new_cookie(const AccessPolicy& policy, const HeaderLookup& header,
                                                      const Peer& peer, const std::string& path) const;
  // Answers those who wait at once, from now on.
  void close() { failed_.close(); }

 private:
  [[nodiscard]] std::string signature(const std::string& nonce, const std::string& user) const;
  [[nodiscard]] std::optional<std::string> known_browser(const HeaderLookup& header,
                                                         const std::string& user) const;

  spdlog::logger& log_;
  const std::string key_;  // of the cookies; of this process
  FailedLogins failed_;
};

// What somebody sent, short and without anything that a log could take for something else.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace orchestrator
