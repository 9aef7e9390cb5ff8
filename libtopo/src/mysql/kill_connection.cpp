#include "mysql/kill_connection.h"

#include <mysqld_error.h>

#include "topo/mysql/dialect.h"

namespace topo::mysql {

void kill_connection(Connection& connection, std::uint64_t id) {
  try {
    connection.query(Dialect::kill(id));
  } catch (const SqlError& error) {
    if (error.number() != ER_NO_SUCH_THREAD) throw;
  }
}

}  // namespace topo::mysql
