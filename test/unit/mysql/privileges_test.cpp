#include "topo/mysql/privileges.h"

#include <catch2/catch.hpp>
#include <string>

using namespace topo::mysql;

namespace {

Privileges privileges(const std::vector<std::string>& grants) {
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (const auto& grant : grants) rows.push_back({grant});
  return Privileges::parse(ResultSet({"Grants for orchestrator@%"}, rows));
}

const std::vector<Task> all_tasks{Task::see_replicas,   Task::list_replicas, Task::see_replication,
                                  Task::see_binary_log, Task::read_logs,     Task::move_replicas,
                                  Task::forget_master,  Task::set_read_only, Task::block_commits,
                                  Task::end_statements, Task::see_prepared};

std::string missing(const char* version, const std::vector<std::string>& grants,
                    const std::vector<Task>& tasks = all_tasks) {
  std::string text;
  for (const auto& one : missing_privileges(Dialect::of(version), privileges(grants), tasks))
    text.append(text.empty() ? "" : ", ").append(one.privilege);
  return text;
}

}  // namespace

TEST_CASE("Grants are parsed as servers show them") {
  const auto held = privileges({
      "GRANT RELOAD, PROCESS, SUPER ON *.* TO `o`@`%` IDENTIFIED BY PASSWORD '*C8B0' WITH GRANT OPTION",
      "GRANT SYSTEM_USER ON *.* TO `o`@`%`",
      "GRANT SELECT, drop ON `_pseudo\\_gtid_`.* TO 'o'@'%'",
      "GRANT ALL PRIVILEGES ON `meta`.* TO 'o'@'%'",
      "GRANT SELECT (a, b) ON `x`.`y` TO `o`@`%`",
      "GRANT `role`@`%` TO `o`@`%`",
      "SET DEFAULT ROLE `r1` FOR `o`@`%`",
      "REVOKE EVENT ON `mysql`.* FROM `o`@`%`",
      "",
  });
  CHECK(held.has("RELOAD"));
  CHECK(held.has("SYSTEM_USER"));
  CHECK_FALSE(held.has("SELECT"));
  CHECK_FALSE(held.has("EVENT"));
  CHECK(held.has_on("_pseudo_gtid_", "DROP"));
  CHECK(held.has_on("meta", "DROP"));
  CHECK_FALSE(held.has_on("other", "DROP"));
  CHECK(privileges({"GRANT ALL PRIVILEGES ON *.* TO `root`@`%`"}).has_on("x", "DROP"));
}

TEST_CASE("Missing privileges depend on flavour and version of the server") {
  const std::string nothing = "GRANT USAGE ON *.* TO `o`@`%`";
  const std::string classic = "GRANT SUPER, PROCESS, REPLICATION SLAVE, RELOAD ON *.* TO `o`@`%`";
  const std::string split =
      "GRANT PROCESS, RELOAD, BINLOG MONITOR, SLAVE MONITOR, REPLICATION MASTER ADMIN, REPLICATION SLAVE "
      "ADMIN, READ_ONLY ADMIN, CONNECTION ADMIN ON *.* TO `o`@`%`";
  for (const auto* version : {"5.6.51-log", "8.0.36", "9.7.0", "10.3.39-MariaDB"}) {
    INFO(version);
    const auto dialect = Dialect::of(version);
    const std::string prepared = dialect.hides_prepared() ? "XA_RECOVER_ADMIN" : "";
    CHECK(missing(version, {classic}) == prepared);
    const bool blocks_commits = !dialect.has_super_read_only();
    CHECK(
        missing(version, {nothing}) ==
        std::string("PROCESS, REPLICATION SLAVE, REPLICATION CLIENT, REPLICATION CLIENT, REPLICATION SLAVE, "
                    "SUPER, RELOAD, SUPER, SUPER") +
            (blocks_commits ? ", RELOAD" : "") + (prepared.empty() ? "" : ", " + prepared));
  }
  for (const auto* version : {"10.11.6-MariaDB-log", "11.8.2-MariaDB"}) {
    INFO(version);
    CHECK(missing(version, {split}).empty());
    CHECK(missing(version, {"GRANT ALL PRIVILEGES ON *.* TO `o`@`%`"}).empty());
  }
  CHECK(missing("10.11.6-MariaDB-log", {classic}) ==
        "REPLICATION MASTER ADMIN, BINLOG MONITOR, SLAVE MONITOR, READ_ONLY ADMIN");
  CHECK(missing("11.8.2-MariaDB", {classic}) ==
        "REPLICATION MASTER ADMIN, SLAVE MONITOR, BINLOG MONITOR, BINLOG MONITOR, SLAVE MONITOR, REPLICATION "
        "SLAVE ADMIN, READ_ONLY ADMIN, CONNECTION ADMIN");
  CHECK(missing("8.0.36",
                {"GRANT PROCESS ON *.* TO `o`@`%`", "GRANT REPLICATION_SLAVE_ADMIN ON *.* TO `o`@`%`"},
                {Task::move_replicas, Task::forget_master}) == "RELOAD");
}
