#include "topo/mysql/same_server.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/random_text.h"
#include "base/shown_text.h"

namespace topo::mysql {
namespace {

// Variables with equal values under every name of one server.
constexpr std::array facts{"hostname", "port", "server_id", "pid_file", "datadir", "socket"};
constexpr std::int64_t id_bits_of_greeting = 0xffffffff;

// A lock with a random name, held by the connection while the object lives. The name is shorter than 64
// characters, the limit of MySQL 5.7 and newer.
class NamedLock {
 public:
  explicit NamedLock(Connection& connection)
      : connection_(connection), name_("orchestrator." + random_hex(16)) {
    auto question = fmt::format("SELECT CONNECTION_ID() AS id, GET_LOCK('{}', 0) AS is_locked", name_);
    for (const auto* fact : facts) question += fmt::format(", @@global.{0} AS {0}", fact);
    const auto rows = connection_.query(question);
    if (rows.empty() || rows[0].number("is_locked") != 1) return;
    holder_ = rows[0].number("id");
    for (std::size_t i = 0; i < facts.size(); ++i) facts_[i] = rows[0].string_or(facts[i]);
  }
  ~NamedLock() {
    try {
      connection_.query(fmt::format("DO RELEASE_LOCK('{}')", name_));
    } catch (const Error&) {  // the connection is gone, and the lock with it
    }
  }
  NamedLock(const NamedLock&) = delete;
  NamedLock& operator=(const NamedLock&) = delete;

  [[nodiscard]] Connection& connection() const { return connection_; }
  // Id of the connection that holds the lock; nullopt: the lock was not acquired.
  [[nodiscard]] std::optional<std::int64_t> holder() const { return holder_; }
  // Id of the holder of this lock name on the server of `asked`; nullopt: not locked there.
  [[nodiscard]] std::optional<std::int64_t> holder_seen_over(Connection& asked) const {
    const auto rows = asked.query(fmt::format("SELECT IS_USED_LOCK('{}') AS holder", name_));
    return rows.empty() ? std::nullopt : rows[0].number("holder");
  }
  [[nodiscard]] const std::array<std::string, facts.size()>& reported() const { return facts_; }

 private:
  Connection& connection_;
  const std::string name_;
  std::optional<std::int64_t> holder_;
  std::array<std::string, facts.size()> facts_;
};

// Why the connection that holds `lock` is not proven to end at the server of `asked`; nullopt: that server
// sees the connection come from this process's own local end, which no relay can fake.
std::optional<std::string> why_not_ours(const NamedLock& lock, Connection& asked) {
  const auto& held_over = lock.connection();
  const auto rows = asked.query(
      fmt::format("SELECT host FROM information_schema.processlist WHERE id = {}", *lock.holder()));
  if (rows.size() != 1) {
    return fmt::format("the process list of {} does not show the connection to {}", asked.server().display(),
                       held_over.server().display());
  }
  const auto host = rows[0].string_or("host");
  if (held_over.is_local_end(host)) return std::nullopt;
  return fmt::format("{} sees the connection to {} come from {} instead of {}, as behind a proxy or NAT",
                     asked.server().display(), held_over.server().display(), shown_text(host),
                     held_over.local_end_display());
}

// For two connections that see each other's locks. A relay can forge the answers over one of them, but not
// over the other, and not the address and port from which it connects itself.
std::optional<std::string> why_not_same(const NamedLock& first, const NamedLock& second) {
  for (const auto* lock : {&first, &second}) {
    const auto& connection = lock->connection();
    if (static_cast<std::int64_t>(connection.thread_id()) == (*lock->holder() & id_bits_of_greeting))
      continue;
    return fmt::format("CONNECTION_ID() of {} differs from the id in its greeting, as behind a proxy",
                       connection.server().display());
  }
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (first.reported()[i] == second.reported()[i]) continue;
    return fmt::format("@@global.{} differs: {} and {}", facts[i], shown_text(first.reported()[i]),
                       shown_text(second.reported()[i]));
  }
  // No relay is in between if both names lead to one address, even if NAT changes this end's address.
  if (first.connection().has_same_peer(second.connection())) return std::nullopt;
  if (auto why = why_not_ours(second, first.connection())) return why;
  return why_not_ours(first, second.connection());
}

}  // namespace

ServerComparison compare_servers(Connection& one, Connection& other) {
  const auto unknown = [](std::string reason) {
    return ServerComparison{Sameness::unknown, std::move(reason)};
  };
  try {
    const NamedLock first(one), second(other);
    constexpr auto silent = "GET_LOCK() and IS_USED_LOCK() give no proof";
    if (!first.holder() || !second.holder()) return unknown(silent);
    const auto first_seen = first.holder_seen_over(other);
    const auto second_seen = second.holder_seen_over(one);
    if (first_seen == first.holder() && second_seen == second.holder()) {
      auto why = why_not_same(first, second);
      return why ? unknown(std::move(*why)) : ServerComparison{Sameness::same, ""};
    }
    // A server that does not report the holder of its own lock has proven nothing.
    const bool both_tell =
        first.holder_seen_over(one) == first.holder() && second.holder_seen_over(other) == second.holder();
    const bool differ = !first_seen && !second_seen && both_tell;
    return differ ? ServerComparison{Sameness::different, ""} : unknown(silent);
  } catch (const SqlError& error) {
    if (error.connection_lost()) throw;
    return unknown(error.reason());
  }
}

}  // namespace topo::mysql
