// Privileges: what an account may do on a server, and which privileges this program needs. MySQL Reference
// Manual, "Privileges Provided by MySQL"; MariaDB Knowledge Base, "GRANT".
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "topo/mysql/dialect.h"

namespace topo::mysql {

class Privileges {
 public:
  // Parses the result of SHOW GRANTS, which includes those of active roles. Ignores rows that are not grants,
  // and grants on single tables.
  static Privileges parse(const ResultSet& grants);

  // Global privileges (ON *.*).
  [[nodiscard]] bool has(std::string_view privilege) const;
  // Privileges on that schema (no wildcards), or global ones.
  [[nodiscard]] bool has_on(std::string_view schema, std::string_view privilege) const;

 private:
  std::set<std::string, std::less<>> global_;  // upper case; "ALL PRIVILEGES" includes all
  std::set<std::pair<std::string, std::string>> by_schema_;
};

// What an account is used for.
enum class Task {
  see_replicas,     // read the process list; also long queries
  list_replicas,    // list registered replicas: DiscoverByShowSlaveHosts
  see_replication,  // read the replication status
  see_binary_log,   // read the binary log position
  read_logs,        // for Pseudo-GTID
  move_replicas,    // stop, change and start replication
  forget_master,    // make a server forget its master, for rollback
  set_read_only,
  block_commits,  // where read_only does not hold for all accounts
  end_statements,
  see_prepared,  // list prepared transactions of XA
};

struct MissingPrivilege {
  std::string privilege;  // in GRANT syntax
  Task task;
};

// The privileges that `held` lacks for `tasks`.
[[nodiscard]] std::vector<MissingPrivilege> missing_privileges(const Dialect& dialect, const Privileges& held,
                                                               const std::vector<Task>& tasks);

// "to stop, change and start replication".
[[nodiscard]] std::string_view purpose_of(Task task) noexcept;

}  // namespace topo::mysql
