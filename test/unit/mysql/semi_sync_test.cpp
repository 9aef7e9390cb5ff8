#include "topo/mysql/semi_sync.h"

#include <catch2/catch.hpp>

#include "topo/base/error.h"

namespace semi_sync_test {
namespace {

using std::chrono::milliseconds;
using topo::SemiSync;
using topo::mysql::ResultSet;

ResultSet table(const std::vector<std::pair<const char*, const char*>>& rows) {
  std::vector<std::vector<std::optional<std::string>>> cells;
  for (const auto& [name, value] : rows) cells.push_back({name, value});
  return {{"Variable_name", "Value"}, cells};
}

const topo::InstanceKey b{"b", 3306};
const ResultSet none = table({});
// As servers show them: MySQL 9.7 with both plugins, MySQL 5.6, MariaDB 10.11.
const ResultSet mysql_9 = table({{"replica_parallel_workers", "4"},
                                 {"rpl_semi_sync_replica_enabled", "ON"},
                                 {"rpl_semi_sync_replica_trace_level", "32"},
                                 {"rpl_semi_sync_source_enabled", "OFF"},
                                 {"rpl_semi_sync_source_timeout", "10000"},
                                 {"rpl_semi_sync_source_wait_for_replica_count", "2"},
                                 {"rpl_semi_sync_source_wait_no_replica", "ON"},
                                 {"slave_parallel_workers", "3"}});
const ResultSet mysql_5_6 = table({{"rpl_semi_sync_master_enabled", "ON"},
                                   {"rpl_semi_sync_master_timeout", "99999999999999999999999"},
                                   {"slave_parallel_workers", "0"}});
const ResultSet mariadb = table({{"rpl_semi_sync_master_enabled", "ON"},
                                 {"rpl_semi_sync_master_timeout", "5000"},
                                 {"rpl_semi_sync_master_wait_point", "AFTER_COMMIT"},
                                 {"rpl_semi_sync_slave_enabled", "OFF"},
                                 {"slave_parallel_threads", "8"}});

}  // namespace

TEST_CASE("semi-sync is read by the names that a server has", "[mysql][semi_sync]") {
  const auto status = table({{"Rpl_semi_sync_replica_status", "ON"},
                             {"Rpl_semi_sync_source_clients", "0"},
                             {"Rpl_semi_sync_source_status", "OFF"}});
  CHECK(topo::mysql::parse_semi_sync(mysql_9, status) == SemiSync{.has_source = true,
                                                                  .has_replica = true,
                                                                  .replica_enabled = true,
                                                                  .timeout = milliseconds(10000),
                                                                  .wait_count = 2,
                                                                  .replica_works = true});
  // One side only; a larger number means the same as the largest.
  CHECK(topo::mysql::parse_semi_sync(mysql_5_6, none) == SemiSync{.has_source = true,
                                                                  .source_enabled = true,
                                                                  .timeout = milliseconds(4294967295),
                                                                  .wait_count = 1});
  const auto old_status =
      table({{"Rpl_semi_sync_master_clients", "2"}, {"Rpl_semi_sync_master_status", "ON"}});
  CHECK(topo::mysql::parse_semi_sync(mariadb, old_status) == SemiSync{.has_source = true,
                                                                      .has_replica = true,
                                                                      .source_enabled = true,
                                                                      .timeout = milliseconds(5000),
                                                                      .wait_count = 1,
                                                                      .source_works = true,
                                                                      .clients = 2});
  CHECK(topo::mysql::parse_semi_sync(none, none) == SemiSync{});
  CHECK(topo::mysql::parse_semi_sync(table({{"rpl_semi_sync_master_timeout", "soon"}}), none) == SemiSync{});
}

TEST_CASE("the number of parallel workers is read by the name that a server has", "[mysql][semi_sync]") {
  CHECK(topo::mysql::parse_parallel_workers(mysql_9) == 4);
  CHECK(topo::mysql::parse_parallel_workers(mysql_5_6) == 0);
  CHECK(topo::mysql::parse_parallel_workers(mariadb) == 8);
  CHECK_FALSE(topo::mysql::parse_parallel_workers(none));
}

TEST_CASE("semi-sync is set by the names that a server has, limits first", "[mysql][semi_sync]") {
  const topo::SemiSyncChange all{true, false, milliseconds(3000), 1};
  CHECK(topo::mysql::set_semi_sync(all, mysql_9, b) ==
        "SET GLOBAL rpl_semi_sync_source_timeout = 3000, GLOBAL rpl_semi_sync_source_wait_for_replica_count "
        "= 1, "
        "GLOBAL rpl_semi_sync_source_enabled = 1, GLOBAL rpl_semi_sync_replica_enabled = 0");
  CHECK(topo::mysql::set_semi_sync(all, mariadb, b) ==
        "SET GLOBAL rpl_semi_sync_master_timeout = 3000, GLOBAL rpl_semi_sync_master_enabled = 1, GLOBAL "
        "rpl_semi_sync_slave_enabled = 0");
  CHECK(topo::mysql::set_semi_sync({}, mariadb, b).empty());
  // Switched off is what is not there.
  CHECK(topo::mysql::set_semi_sync({.replica = false}, mysql_5_6, b).empty());
  CHECK_THROWS_WITH(topo::mysql::set_semi_sync({.replica = true}, mysql_5_6, b),
                    "b:3306 has no semi-synchronous replication as a replica: its plugin is not loaded; "
                    "INSTALL PLUGIN loads it");
}

TEST_CASE("a change of semi-sync can be undone", "[mysql][semi_sync]") {
  const SemiSync before{.has_source = true,
                        .has_replica = true,
                        .replica_enabled = true,
                        .timeout = milliseconds(7),
                        .wait_count = 3,
                        .replica_works = true};
  const topo::SemiSyncChange change{true, false, milliseconds(9), 4};
  const auto after = topo::mysql::with_change(before, change);
  CHECK(after.source_enabled);
  CHECK_FALSE(after.replica_works);
  CHECK(after.wait_count == 4);
  auto undone = topo::mysql::with_change(after, topo::mysql::undo_of(change, before));
  undone.replica_works = true;
  CHECK(undone == before);
  CHECK(topo::mysql::undo_of(change, std::nullopt) == topo::SemiSyncChange{.source = false, .replica = true});
}

}  // namespace semi_sync_test
