#include "refactor/injections.h"

#include <catch2/catch.hpp>

namespace injections_test {

using topo::refactor::changes_of_injection;

TEST_CASE("changes of the table of Pseudo-GTID are told from all others", "[refactor]") {
  for (const char* query :
       {"select count(*) as pseudo_gtid_exists from meta.pseudo_gtid_status where anchor = 1",
        "SELECT 1 FROM `meta` . `pseudo_gtid_status`"}) {
    const auto is_injected = changes_of_injection(query);
    for (const char* text :
         {"Update (meta.pseudo_gtid_status)", "Write (meta.pseudo_gtid_status)",
          "insert into meta.pseudo_gtid_status values (1) on duplicate key update n = 2",
          "use `meta`; INSERT IGNORE INTO `meta`.`pseudo_gtid_status`(n) VALUES (1)",
          "replace meta.pseudo_gtid_status select 1", "update meta.pseudo_gtid_status\n set n = 1"}) {
      CAPTURE(text);
      CHECK(is_injected(text));
    }
    for (const char* text :
         {"Update (meta.pseudo_gtid_status) (shop.orders)", "Update (shop.orders)",
          "Update (meta.pseudo_gtid_status_2)", "Update (metaXpseudo_gtid_status)",
          "Update (shop.orders) (meta.pseudo_gtid_status)",
          "insert into shop.orders select * from meta.pseudo_gtid_status",
          "update meta.pseudo_gtid_status, shop.orders set n = 1",
          "update meta.pseudo_gtid_status join shop.orders set n = 1", "drop table meta.pseudo_gtid_status",
          "insert into meta.pseudo_gtid_status_2 values (1)", ""}) {
      CAPTURE(text);
      CHECK_FALSE(is_injected(text));
    }
  }
  for (const char* query : {"", "select 1", "select 1 from pseudo_gtid_status", "from ..."})
    CHECK_FALSE(changes_of_injection(query)("Update (meta.pseudo_gtid_status)"));
}

}  // namespace injections_test
