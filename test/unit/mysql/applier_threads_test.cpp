#include "topo/mysql/applier_threads.h"

#include <catch2/catch.hpp>
#include <initializer_list>

using topo::mysql::ApplierThreads;

namespace {

ApplierThreads parsed(std::initializer_list<const char*> states) {
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (const char* state : states) rows.push_back({std::to_string(10 + rows.size()), state});
  return topo::mysql::parse_applier_threads({{"ID", "STATE"}, rows});
}

}  // namespace

TEST_CASE("applier threads are read from the process list", "[mysql]") {
  const auto by_itself =
      parsed({"Slave has read all relay log; waiting for the slave I/O thread to update it"});
  CHECK(by_itself.waiting_sql_thread == 10);
  CHECK(by_itself.idle_workers == 0);
  CHECK(by_itself.others == 0);

  const auto idle = parsed({"Waiting for an event from Coordinator", "Waiting for an event from Coordinator",
                            "Replica has read all relay log; waiting for more updates"});
  CHECK(idle.waiting_sql_thread == 12);
  CHECK(idle.idle_workers == 2);
  CHECK(idle.others == 0);

  const auto of_mariadb =
      parsed({"Waiting for work from SQL thread", "Slave has read all relay log; waiting for more updates",
              "Waiting for prior transaction to commit"});
  CHECK(of_mariadb.waiting_sql_thread == 11);
  CHECK(of_mariadb.idle_workers == 1);
  CHECK(of_mariadb.others == 1);
}

TEST_CASE("a SQL thread that still applies is not waiting, nor is one of several", "[mysql]") {
  const auto reading =
      parsed({"Waiting for dependent transaction to commit", "Applying batch of row changes"});
  CHECK_FALSE(reading.waiting_sql_thread);
  CHECK(reading.others == 2);
  const auto* all_read = "Replica has read all relay log; waiting for more updates";
  CHECK_FALSE(parsed({all_read, all_read}).waiting_sql_thread);
  CHECK_FALSE(parsed({}).waiting_sql_thread);
}
