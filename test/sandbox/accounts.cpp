#include "sandbox/accounts.h"

#include <fmt/format.h>

namespace sandbox {
namespace {

// MariaDB has split SUPER into several privileges, more so in later versions.
std::string_view grants_of_orchestrator(Flavour flavour) {
  switch (flavour) {
    case Flavour::mysql_5_6: return "super, process, replication slave, reload";
    case Flavour::mysql_9_7:
      return "super, process, replication slave, reload, system_user, xa_recover_admin";
    case Flavour::mariadb_10_11:
      return "super, process, replication slave, reload, connection admin, "
             "binlog monitor, slave monitor, read_only admin, replication master admin";
    case Flavour::mariadb_11_8:
      return "super, process, replication slave, reload, connection admin, "
             "binlog monitor, slave monitor, read_only admin, replication master admin, "
             "replication slave admin";
  }
  return "";
}

std::string create(const Account& account) {
  return fmt::format("create user '{}'@'%' identified by '{}';\n", account.user, account.password);
}

}  // namespace

std::string create_accounts(Flavour flavour) {
  std::string sql =
      "flush privileges;\n";  // a server that is being set up runs without grant tables until then
  // The anonymous accounts of MySQL 5.6 would take precedence over accounts for any host.
  if (flavour == Flavour::mysql_5_6) sql += "delete from mysql.user where user = '';\nflush privileges;\n";
  for (const Account& account : {root_account, orchestrator_account, replication_account, grantless_account})
    sql += create(account);
  const auto grant = [&sql](std::string_view what, std::string_view on, const Account& to,
                            std::string_view option = "") {
    sql += fmt::format("grant {} on {} to '{}'@'%'{};\n", what, on, to.user, option);
  };
  grant("all", "*.*", root_account, " with grant option");
  grant(grants_of_orchestrator(flavour), "*.*", orchestrator_account);
  grant("select, event", "meta.*", orchestrator_account);
  grant("drop", "_pseudo_gtid_.*", orchestrator_account);
  // MySQL shows there whether a server without a master has a replication account.
  if (!is_mariadb(flavour)) grant("select", "mysql.slave_master_info", orchestrator_account);
  // MySQL shows the heartbeat period there since 5.7.
  if (flavour == Flavour::mysql_9_7)
    grant("select", "performance_schema.replication_connection_configuration", orchestrator_account);
  grant("replication slave", "*.*", replication_account);
  return sql;
}

}  // namespace sandbox
