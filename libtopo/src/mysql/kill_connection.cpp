#include "mysql/kill_connection.h"

#include <fmt/format.h>
#include <mysqld_error.h>

namespace topo::mysql {

void kill_connection(Connection& connection, std::uint64_t id) {
  try {
    connection.query(fmt::format("KILL {}", id));
  } catch (const SqlError& error) {
    if (error.number() != ER_NO_SUCH_THREAD) throw;
  }
}

}  // namespace topo::mysql
