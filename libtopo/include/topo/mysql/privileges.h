// Privileges: what an account may do on a server, and what this program needs of it there. MySQL Reference
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
  // From the answer to SHOW GRANTS, which tells those of the roles that are active, too. Rows that are none
  // of grants, or of single tables, are left out.
  static Privileges parse(const ResultSet& grants);

  // On everything.
  [[nodiscard]] bool has(std::string_view privilege) const;
  // On that schema, named as it is, or on everything.
  [[nodiscard]] bool has_on(std::string_view schema, std::string_view privilege) const;

 private:
  std::set<std::string, std::less<>> global_;  // upper case; "ALL PRIVILEGES" is all of them
  std::set<std::pair<std::string, std::string>> by_schema_;
};

// What an account is for.
enum class Task {
  see_replicas,     // the process list; also long queries
  list_replicas,    // those that are registered: DiscoverByShowSlaveHosts
  see_replication,  // its status
  see_binary_log,   // where it ends
  read_logs,        // for Pseudo-GTID
  move_replicas,    // stop, change and start replication
  forget_master,    // and so undo what gave a server a master
  set_read_only,
  end_statements,
};

struct MissingPrivilege {
  std::string privilege;  // as GRANT has it
  Task task;
};

// Of those tasks, the ones that `held` does not do for, and what to grant.
[[nodiscard]] std::vector<MissingPrivilege> missing_privileges(const Dialect& dialect, const Privileges& held,
                                                               const std::vector<Task>& tasks);

// "to stop, change and start replication".
[[nodiscard]] std::string_view purpose_of(Task task) noexcept;

}  // namespace topo::mysql
