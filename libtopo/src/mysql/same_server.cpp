#include "topo/mysql/same_server.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/random_text.h"

namespace topo::mysql {
namespace {

// A lock with a random name, held over that connection for as long as the object lives. Its name has less
// than 64 characters, which is what MySQL 5.7 and newer take.
class NamedLock {
 public:
  explicit NamedLock(Connection& connection)
      : connection_(connection), name_("orchestrator." + random_hex(16)) {
    const auto rows =
        connection_.query(fmt::format("SELECT CONNECTION_ID() AS id, GET_LOCK('{}', 0) AS is_locked", name_));
    if (!rows.empty() && rows[0].number("is_locked") == 1) holder_ = rows[0].number("id");
  }
  ~NamedLock() {
    try {
      connection_.query(fmt::format("DO RELEASE_LOCK('{}')", name_));
    } catch (const Error&) {  // the connection is gone, and the lock with it
    }
  }
  NamedLock(const NamedLock&) = delete;
  NamedLock& operator=(const NamedLock&) = delete;

  // The id of the connection that holds it; nullopt: it could not be taken.
  [[nodiscard]] std::optional<std::int64_t> holder() const { return holder_; }
  // Who holds a lock of that name on the server that `asked` leads to; nullopt: nobody.
  [[nodiscard]] std::optional<std::int64_t> holder_seen_over(Connection& asked) const {
    const auto rows = asked.query(fmt::format("SELECT IS_USED_LOCK('{}') AS holder", name_));
    return rows.empty() ? std::nullopt : rows[0].number("holder");
  }

 private:
  Connection& connection_;
  const std::string name_;
  std::optional<std::int64_t> holder_;
};

}  // namespace

Sameness compare_servers(Connection& one, Connection& other) {
  try {
    const NamedLock first(one), second(other);
    if (!first.holder() || !second.holder()) return Sameness::unknown;
    const auto first_seen = first.holder_seen_over(other);
    const auto second_seen = second.holder_seen_over(one);
    if (first_seen == first.holder() && second_seen == second.holder()) return Sameness::same;
    // A server that does not know who holds its own lock has not told anything.
    const bool both_tell =
        first.holder_seen_over(one) == first.holder() && second.holder_seen_over(other) == second.holder();
    return !first_seen && !second_seen && both_tell ? Sameness::different : Sameness::unknown;
  } catch (const SqlError& error) {
    if (error.connection_lost()) throw;
    return Sameness::unknown;
  }
}

}  // namespace topo::mysql
