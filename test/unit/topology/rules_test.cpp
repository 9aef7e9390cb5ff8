#include "topo/topology/rules.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "support/picture.h"
#include "topo/config/configuration.h"
#include "topo/topology/topology.h"

namespace rules_test {

using topo::Instance;
using topo::KnownInstance;
using topo::ThreadState;
using namespace std::chrono_literals;

namespace {

const topo::RuleLimits rule_limits{60s, 20s, false};

std::string reason(const std::optional<topo::Refusal>& refusal) {
  return refusal ? refusal->reason : "";
}

Instance of_version(const char* name, const char* version) {
  auto made = picture::instance(name);
  made.version = version;
  return made;
}

}  // namespace

TEST_CASE("held events are safe with a replica of the same master that has executed or receives them",
          "[topology][rules]") {
  const topo::HeldEvents held{{"binlog.000001", 100}, {"binlog.000001", 900}, ""};
  const auto replica = picture::instance("b", "a").channels.front();
  auto other = picture::instance("c", "a").channels.front();
  const auto is_safe = [&] { return topo::will_have(held, replica, other); };
  CHECK(is_safe());  // it receives them
  other.io_thread = ThreadState::stopped;
  CHECK_FALSE(is_safe());
  other.exec = {"binlog.000001", 899};
  CHECK_FALSE(is_safe());
  other.exec = {"binlog.000001", 900};
  CHECK(is_safe());
  other.master = picture::key("x");
  CHECK_FALSE(is_safe());
  other.master.reset();
  CHECK_FALSE(is_safe());
  CHECK_FALSE(topo::will_have(held, replica, std::nullopt));
}

TEST_CASE("which versions may replicate from which", "[topology][rules]") {
  struct Case {
    const char* replica;
    const char* master;
    bool may;
  };
  const Case cases[] = {
      {"5.5.62", "5.5.17-log", true},
      {"5.5.17", "5.5.62", true},
      {"5.6.24", "5.5.17", true},
      {"5.5.62", "5.6.24", false},
      {"10.0.38-MariaDB", "5.5.68-MariaDB", true},
      {"10.11.6-MariaDB", "11.8.2-MariaDB", false},
      {"11.8.2-MariaDB", "10.11.6-MariaDB", true},
      {"12.3.1-MariaDB", "11.8.2-MariaDB", true},
      {"10.2.44-MariaDB", "10.11.6-MariaDB", false},
      {"10.11.6-MariaDB", "5.6.24-log", true},
      {"10.11.6-MariaDB", "5.7.44-log", true},
      {"10.11.6-MariaDB", "8.0.36", false},
      {"11.8.2-MariaDB", "9.7.0", false},
      {"5.6.24", "5.5.68-MariaDB", false},
      {"9.7.0", "10.11.6-MariaDB", false},
      {"8.0.36", "5.7.44", true},
      {"8.0.36", "8.4.3", false},
      {"9.7.0", "8.4.3", true},
      {"9.7.0", "9.0.1", true},
      {"9.0.1", "9.7.0", false},
  };
  for (const auto& c : cases) {
    INFO(c.replica << " from " << c.master);
    const auto refusal =
        topo::why_not_replicate(of_version("r", c.replica), of_version("m", c.master), rule_limits);
    INFO(reason(refusal));
    CHECK(!refusal == c.may);
    if (refusal) {
      CHECK_THAT(refusal->reason, Catch::Contains("r:3306") && Catch::Contains("m:3306"));
      CHECK_THAT(refusal->reason, Catch::Contains(c.replica) && Catch::Contains(c.master));
    }
  }
}

TEST_CASE("requirements for a master and its replica", "[topology][rules]") {
  struct Case {
    const char* what;
    std::function<void(Instance& replica, Instance& master)> change;
    const char* reason;  // "": allowed
  };
  const Case cases[] = {
      {"alike", [](auto&, auto&) {}, ""},
      {"no binary log", [](auto&, auto& m) { m.log_bin = false; }, "m:3306 has no binary log"},
      {"a replica that does not log again",
       [](auto&, auto& m) {
         m = picture::instance("m", "top");
         m.log_slave_updates = false;
       },
       "m:3306 does not log what it replicates (log_slave_updates is off)"},
      {"a top master need not log again", [](auto&, auto& m) { m.log_slave_updates = false; }, ""},
      {"statement from row", [](auto& r, auto&) { r.binlog_format = "STATEMENT"; },
       "r:3306 logs in STATEMENT format and cannot replicate from m:3306, which logs in ROW format"},
      {"mixed from row", [](auto& r, auto&) { r.binlog_format = "MIXED"; },
       "r:3306 logs in MIXED format and cannot replicate from m:3306, which logs in ROW format"},
      {"statement from mixed",
       [](auto& r, auto& m) {
         r.binlog_format = "STATEMENT";
         m.binlog_format = "MIXED";
       },
       "r:3306 logs in STATEMENT format and cannot replicate from m:3306, which logs in MIXED format"},
      {"row from statement", [](auto&, auto& m) { m.binlog_format = "STATEMENT"; }, ""},
      {"statement from row, but it logs nothing again",
       [](auto& r, auto&) {
         r.binlog_format = "STATEMENT";
         r.log_slave_updates = false;
       },
       ""},
      {"same id", [](auto& r, auto& m) { r.server_id = m.server_id = 7; },
       "r:3306 and m:3306 have the same server id, 7"},
      {"same UUID", [](auto& r, auto& m) { r.server_uuid = m.server_uuid = "u-1"; },
       "r:3306 and m:3306 have the same server UUID, u-1"},
      {"checksums that 5.5 does not know",
       [](auto& r, auto& m) {
         r.version = "5.5.62";
         m.version = "5.5.62";
         m.binlog_checksum = "CRC32";
       },
       "m:3306 writes checksums to its binary log (binlog_checksum = CRC32), which r:3306 (5.5.62) cannot "
       "read"},
      {"parts of rows for a MariaDB that does not know them",
       [](auto& r, auto& m) {
         r.version = "10.0.38-MariaDB";
         m.version = "5.6.24-log";
         m.binlog_row_image = "MINIMAL";
       },
       "m:3306 logs parts of rows (binlog_row_image = MINIMAL), which r:3306 (10.0.38-MariaDB) cannot apply"},
      {"compression that came within a release series",
       [](auto& r, auto& m) {
         r.version = "8.0.19";
         m.version = "8.0.36";
         m.binlog_compression = true;
       },
       "m:3306 compresses transactions in its binary log, which r:3306 (8.0.19) cannot read"},
      {"GTIDs on one side only",
       [](auto& r, auto& m) {
         r.version = m.version = "8.0.36";
         r.gtid_mode = "OFF";
         m.gtid_mode = "ON";
       },
       "r:3306 has gtid_mode OFF, m:3306 has ON"},
      {"GTIDs permitted",
       [](auto& r, auto& m) {
         r.version = m.version = "8.0.36";
         r.gtid_mode = "ON_PERMISSIVE";
         m.gtid_mode = "ON";
       },
       ""},
      {"a binlog server hands on whatever it got",
       [](auto&, auto& m) {
         m.is_binlog_server = true;
         m.version = "1.4.3-maxscale";
         m.binlog_format = "TRANSPARENT";
         m.server_id = 0;
       },
       ""},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    auto replica = picture::instance("r", "somewhere");
    auto master = picture::instance("m");
    c.change(replica, master);
    CHECK(reason(topo::why_not_replicate(replica, master, rule_limits)) == c.reason);
  }
  const auto self = picture::instance("m");
  CHECK(reason(topo::why_not_replicate(self, self, rule_limits)) == "m:3306 cannot replicate from itself");
}

TEST_CASE("filters count only if verification is configured", "[topology][rules]") {
  auto replica = picture::instance("r", "somewhere");
  auto master = picture::instance("m", "top");
  master.channels.front().has_filters = true;
  CHECK_FALSE(topo::why_not_replicate(replica, master, rule_limits));
  auto verifying = rule_limits;
  verifying.verify_filters = true;
  CHECK(reason(topo::why_not_replicate(replica, master, verifying)) ==
        "m:3306 has replication filters and r:3306 has none");
  replica.channels.front().has_filters = true;
  CHECK_FALSE(topo::why_not_replicate(replica, master, verifying));
}

TEST_CASE("a replica does not go below a server whose events it ignores", "[topology][rules]") {
  auto replica = picture::instance("r", "somewhere");
  auto master = picture::instance("m");
  master.server_id = 17;
  const auto refused = [&](const char* ids) {
    replica.channels.front().ignored_server_ids = ids;
    return reason(topo::why_not_replicate(replica, master, rule_limits));
  };
  CHECK(refused("3, 17") ==
        "r:3306 ignores the events of server id 17, which is that of m:3306 (IGNORE_SERVER_IDS)");
  CHECK(refused("17,170") != "");
  CHECK(refused("").empty());
  CHECK(refused("1, 7, 170, 117").empty());
}

TEST_CASE("when a replica may be moved", "[topology][rules]") {
  struct Case {
    const char* what;
    std::function<void(KnownInstance&)> change;
    const char* reason;
  };
  const auto channel = [](KnownInstance& k) -> topo::ReplicationChannel& {
    return k.instance.channels.front();
  };
  const Case cases[] = {
      {"well", [](auto&) {}, ""},
      {"dead",
       [](auto& k) {
         k.last_check_valid = false;
         k.last_check_error = "no answer within 1 s";
       },
       "r:3306 could not be read: no answer within 1 s"},
      {"checked long ago", [](auto& k) { k.since_last_checked = 301s; }, "r:3306 was not checked recently"},
      {"a master", [](auto& k) { k.instance.channels.clear(); }, "r:3306 is not a replica"},
      {"several channels",
       [](auto& k) {
         k.instance.channels.push_back(k.instance.channels.front());
         k.instance.channels.back().name = "x";
       },
       "r:3306 replicates on 2 channels; only a replica with one channel can be moved"},
      {"detached", [&](auto& k) { channel(k).exec.file = "//binlog.000001:4"; },
       "r:3306 is detached; reattach-slave undoes that"},
      {"SQL thread broken",
       [&](auto& k) {
         channel(k).sql_thread = ThreadState::stopped;
         channel(k).last_sql_error = "duplicate key";
       },
       "the SQL thread of r:3306 is not running: duplicate key"},
      {"IO thread connecting", [&](auto& k) { channel(k).io_thread = ThreadState::other; },
       "the IO thread of r:3306 is not running"},
      {"lag unknown", [&](auto& k) { channel(k).seconds_behind_master.reset(); },
       "r:3306 reports no lag (Seconds_Behind_Master is NULL)"},
      {"lag at the limit", [&](auto& k) { channel(k).seconds_behind_master = 20s; }, ""},
      {"lag above the limit", [&](auto& k) { channel(k).seconds_behind_master = 21s; },
       "r:3306 lags 21 s, more than ReasonableMaintenanceReplicationLagSeconds (20)"},
      {"lag by SlaveLagQuery above the limit", [](auto& k) { k.instance.slave_lag = 21s; },
       "r:3306 lags 21 s by SlaveLagQuery, more than ReasonableMaintenanceReplicationLagSeconds (20)"},
      {"the larger of the two counts",
       [&](auto& k) {
         k.instance.slave_lag = 0s;
         channel(k).seconds_behind_master = 22s;
       },
       "r:3306 lags 22 s, more than ReasonableMaintenanceReplicationLagSeconds (20)"},
      {"delayed up to the limit", [&](auto& k) { channel(k).sql_delay = 20s; }, ""},
      {"delayed beyond the limit", [&](auto& k) { channel(k).sql_delay = 21s; },
       "r:3306 has a configured delay of 21 s, more than ReasonableMaintenanceReplicationLagSeconds (20)"},
      {"never connected",
       [&](auto& k) {
         channel(k).read = channel(k).exec = {};
         channel(k).io_thread = ThreadState::other;
         channel(k).last_io_error = "no such host";
       },
       "r:3306 has never connected to its current master, m:3306: no such host"},
      {"locked", [](auto& k) { k.locked = "r:3306 is locked by ann"; }, "r:3306 is locked by ann"},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    auto known = picture::known(picture::instance("r", "m"));
    c.change(known);
    CHECK(reason(topo::why_not_move(known, rule_limits)) == c.reason);
  }
}

TEST_CASE("whether a master is the last one that its replica replicated from", "[topology][rules]") {
  struct Case {
    const char* what;
    std::uint32_t reported_id;
    const char* reported_uuid;
    std::uint32_t id;
    const char* uuid;
    bool was, was_not;
  };
  const Case cases[] = {
      {"a server_id in common proves nothing", 4, "", 4, "", false, false},
      {"another server_id", 4, "", 1, "", false, true},
      {"by UUID, whatever the server_id is by now", 4, "u", 1, "u", true, false},
      {"another UUID of the same server_id", 4, "u", 4, "v", false, true},
      {"one tells no UUID", 4, "u", 4, "", false, false},
      {"it has not connected", 0, "", 1, "v", false, false},
      {"the master was never read", 4, "", 0, "", false, false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    auto replica = picture::instance("r", "m");
    auto master = picture::instance("m");
    replica.channels.front().master_server_id = c.reported_id;
    replica.channels.front().master_uuid = c.reported_uuid;
    master.server_id = c.id;
    master.server_uuid = c.uuid;
    CHECK(topo::was_last_master(replica, master) == c.was);
    CHECK(topo::why_not_last_master(replica, master).has_value() == c.was_not);
    master.is_binlog_server = true;
    CHECK_FALSE(topo::why_not_last_master(replica, master));
  }
  auto replica = picture::known(picture::instance("r", "m"));
  replica.master_in_doubt = "it is another";
  CHECK(reason(topo::why_not_move(replica, rule_limits)) == "it is another");
  CHECK(reason(topo::why_not_match(replica, rule_limits)) == "it is another");
}

TEST_CASE("descendants", "[topology][rules]") {
  const auto topology = picture::topology("a > b > c, a > d, x > y > x");
  const auto is_below = [&](const char* one, const char* other) {
    return topo::is_descendant(topology, picture::key(one), picture::key(other));
  };
  CHECK(is_below("c", "a"));
  CHECK(is_below("c", "b"));
  CHECK(is_below("d", "a"));
  CHECK_FALSE(is_below("a", "c"));
  CHECK_FALSE(is_below("c", "d"));
  CHECK_FALSE(is_below("c", "c"));
  CHECK(is_below("x", "y"));
  CHECK(is_below("y", "x"));
  CHECK_FALSE(is_below("x", "a"));
  CHECK_FALSE(is_below("unknown", "a"));
}

TEST_CASE("whether a delay can be lifted depends on how the replica finds its position",
          "[topology][rules]") {
  const auto why_not = [](const char* version, bool oracle, bool mariadb) {
    auto replica = picture::instance("r", "m");
    replica.version = version;
    replica.channels.front().using_oracle_gtid = oracle;
    replica.channels.front().using_mariadb_gtid = mariadb;
    return reason(topo::why_not_lift_delay(replica));
  };
  CHECK(why_not("9.7.0", true, false).empty());
  CHECK(why_not("5.7.4", true, false).empty());
  CHECK(why_not("5.6.51-log", false, false).empty());
  CHECK(why_not("5.6.51-log", true, false) ==
        "the delay of r:3306 cannot be lifted: this release of MySQL would delete its relay logs");
  CHECK(why_not("10.11.6-MariaDB", false, true).empty());
  CHECK(why_not("10.11.6-MariaDB", false, false) ==
        "the delay of r:3306 cannot be lifted: this release of MariaDB would report all that it has received "
        "as executed; STOP SLAVE, CHANGE MASTER TO MASTER_DELAY = 0, RELAY_LOG_FILE = …, RELAY_LOG_POS = … "
        "with "
        "its values of SHOW SLAVE STATUS, and START SLAVE end the delay");
}

TEST_CASE("limits are those of the configuration", "[topology][rules]") {
  topo::Configuration configuration;
  configuration.instance_poll = 7s;
  configuration.reasonable_maintenance_replication_lag = 9s;
  configuration.verify_replication_filters = true;
  configuration.pseudo_gtid_pattern = "";
  const auto without = topo::rule_limits(configuration);
  CHECK(without.poll_interval == 7s);
  CHECK(without.max_lag == 9s);
  CHECK(without.verify_filters);
  CHECK_FALSE(without.has_pseudo_gtid);
  configuration.pseudo_gtid_pattern = "drop view";
  CHECK(topo::rule_limits(configuration).has_pseudo_gtid);
}

TEST_CASE("detached coordinates are restored completely", "[topology][rules]") {
  using topo::BinlogCoordinates;
  for (const auto& real :
       {BinlogCoordinates{"mysql-bin.000012", 4711}, BinlogCoordinates{"mysql.00.prod.com.00100", 4},
        BinlogCoordinates{"b", 18446744073709551615ULL}}) {
    const auto detached = topo::detached_coordinates(real);
    CHECK(detached.file == "//" + real.file + ":" + std::to_string(real.position));
    CHECK(detached.position == real.position);
    CHECK(topo::attached_coordinates(detached) == real);
    CHECK_FALSE(topo::attached_coordinates(real));
  }
  for (const char* odd : {"", "//", "//:5", "//x", "//x:", "//x:y", "//x:5z", "///x:5", "/x:5", "//a/b:5",
                          "//x:99999999999999999999"}) {
    INFO(odd);
    CHECK_FALSE(topo::attached_coordinates({odd, 5}));
  }
}

}  // namespace rules_test
