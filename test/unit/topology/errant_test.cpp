// Errant transactions: what proves that a master does not have what its replica has.
#include "topo/topology/errant.h"

#include <catch2/catch.hpp>

#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/topology/own_transactions.h"

namespace errant_test {
namespace {

constexpr const char* master_uuid = "aaaaaaaa-1111-1111-1111-111111111111";
constexpr const char* replica_uuid = "bbbbbbbb-2222-2222-2222-222222222222";
constexpr const char* other_uuid = "cccccccc-3333-3333-3333-333333333333";

std::string of(const char* uuid, const char* numbers) {
  return std::string(uuid) + ":" + numbers;
}

topo::Instance instance(const char* name, const char* version) {
  const bool is_master = std::string_view(name) == "m";
  auto made = picture::instance(name, is_master ? "" : "m");
  made.version = version;
  made.log_bin = made.log_slave_updates = true;
  made.server_id = is_master ? 1 : 2;
  return made;
}

topo::Instance mysql_server(const char* name, const char* uuid, const std::string& executed) {
  auto made = instance(name, "9.7.0");
  made.gtid_mode = "ON";
  made.server_uuid = uuid;
  made.executed_gtid_set = executed;
  return made;
}

topo::GtidState mysql(const char* name, const std::string& executed, const std::string& received = "") {
  auto made = instance(name, "9.7.0");
  made.gtid_mode = "ON";
  made.server_uuid = made.server_id == 1 ? master_uuid : replica_uuid;
  made.executed_gtid_set = executed;
  if (made.channels.empty()) made.channels.emplace_back();
  made.channels.front().received_gtids = received;
  return topo::gtid_state_of(made);
}

topo::GtidState mariadb(const char* name, const std::string& executed, const std::string& logged) {
  auto made = instance(name, "10.11.6-MariaDB");
  made.executed_gtid_set = executed;
  made.logged_gtids = logged;
  return topo::gtid_state_of(made);
}

std::string text(const topo::ErrantInput& input) {
  const auto found = topo::errant_transactions(input);
  return found ? found->gtids : "";
}

// What is errant on a replica that was compared with its master, which was read later.
std::string compared(const topo::GtidState& replica, const topo::GtidState& master,
                     const topo::GtidState* before = nullptr) {
  return text({.replica = replica, .earlier = &replica, .before = before, .masters = {&master}});
}

}  // namespace

TEST_CASE("MySQL: errant is what the master lacks and did not commit first", "[topology]") {
  const auto master = mysql("m", of(master_uuid, "1-9") + "," + of(other_uuid, "1-3"), of(other_uuid, "4-5"));
  CHECK(compared(mysql("r", of(master_uuid, "1-9")), master).empty());
  CHECK(compared(mysql("r", of(master_uuid, "1-8") + "," + of(replica_uuid, "1-2")), master) ==
        of(replica_uuid, "1-2"));
  CHECK(compared(mysql("r", of(other_uuid, "1-6")), master) == of(other_uuid, "6"));
  CHECK(compared(mysql("r", of(replica_uuid, "1:tag:1-2")), master) == of(replica_uuid, "1:tag:1-2"));
  // Sent to the replica, and waiting to be committed on the master.
  CHECK(compared(mysql("r", of(master_uuid, "1-12")), master).empty());
}

TEST_CASE("MySQL: what was replicated between two reads is not errant", "[topology]") {
  const auto earlier = mysql("r", of(other_uuid, "1-5") + "," + of(replica_uuid, "1"));
  const auto master = mysql("m", of(other_uuid, "1-7"));
  const auto now = mysql("r", of(other_uuid, "1-90") + "," + of(replica_uuid, "1-2"));
  CHECK(text({.replica = now, .earlier = &earlier, .masters = {&master}}) == of(replica_uuid, "1"));
  CHECK(text({.replica = now, .masters = {&master}}).empty());
  // What was errant stays so, whatever else is unknown.
  const auto known = of(replica_uuid, "1-4");
  CHECK(text({.replica = now, .masters = {&master}, .known = known}) == of(replica_uuid, "1-2"));
  CHECK(text({.replica = now, .known = known}) == of(replica_uuid, "1-2"));
  CHECK(text({.replica = now, .masters = {&now}, .known = known}).empty());
  // The backend has cut a long set.
  CHECK(text({.replica = now, .masters = {&master}, .known = "bbbbbbbb-22"}).empty());
}

TEST_CASE("what a member of a ring has committed itself is not errant", "[topology]") {
  const auto replica = mysql("r", of(replica_uuid, "1-2") + "," + of(other_uuid, "1"));
  const auto master = mysql("m", "");
  topo::ErrantInput input{.replica = replica, .earlier = &replica, .masters = {&master}, .is_in_ring = true};
  CHECK(text(input) == of(other_uuid, "1"));
  const auto own = mariadb("r", "0-2-9", "0-2-9"), co_master = mariadb("m", "0-1-5", "0-1-5");
  CHECK(compared(own, co_master) == "0-2-6..9");
  CHECK(text({.replica = own, .earlier = &own, .masters = {&co_master}, .is_in_ring = true}).empty());
}

TEST_CASE("servers whose GTIDs cannot be compared have no errant transactions", "[topology]") {
  const auto replica = mysql("r", of(replica_uuid, "1-2"));
  auto off = mysql("m", "");
  off.has_gtids = false;
  CHECK(compared(replica, off).empty());
  CHECK(compared(replica, mariadb("m", "", "")).empty());
  auto server = instance("m", "10.11.6-maxscale");
  server.is_binlog_server = true;
  CHECK_FALSE(topo::gtid_state_of(server).has_gtids);
  CHECK_THROWS_AS(compared(replica, mysql("m", "nonsense")), topo::Error);
}

TEST_CASE("MariaDB: what was read earlier and is no list of GTIDs proves nothing", "[topology]") {
  const auto replica = mariadb("r", "0-2-7", "0-1-5,0-2-7"), master = mariadb("m", "0-1-5", "0-1-5");
  const auto unreadable = mariadb("r", "0-2", "no GTID");
  CHECK(compared(replica, master) == "0-2-6..7");
  CHECK(text({.replica = replica, .earlier = &unreadable, .masters = {&master}}).empty());
}

TEST_CASE("a replica of two masters has errant transactions if neither master has them", "[topology]") {
  const auto replica = mysql("r", of(other_uuid, "1-5") + "," + of(replica_uuid, "1"));
  const auto one = mysql("m", of(other_uuid, "1-3")), other = mysql("m", of(other_uuid, "3-5"));
  CHECK(text({.replica = replica, .earlier = &replica, .masters = {&one, &other}}) == of(replica_uuid, "1"));
}

TEST_CASE("MariaDB: errant transactions are found by domain and server id", "[topology]") {
  const auto master = [](const char* executed, const char* logged) { return mariadb("m", executed, logged); };
  struct Case {
    const char* what;
    topo::GtidState replica, master;
    const char* errant;
  };
  const Case cases[] = {
      {"the same", mariadb("r", "0-1-9", "0-1-9"), master("0-1-9", "0-1-9"), ""},
      {"the master is ahead", mariadb("r", "0-1-9", "0-1-9"), master("0-1-12", "0-1-12"), ""},
      {"above the master's numbers", mariadb("r", "0-2-11", "0-1-9,0-2-11"), master("0-1-9", "0-1-9"),
       "0-2-10..11"},
      {"the same number twice", mariadb("r", "0-2-9", "0-1-8,0-2-9"), master("0-1-9", "0-1-9"), "0-2-9"},
      {"a former master's last transactions, below the master's numbers",
       mariadb("r", "0-1-20", "0-1-20,0-2-12"), master("0-1-30", "0-1-30,0-2-10"), "0-2-11..12"},
      {"a former master, all of whose transactions the master has", mariadb("r", "0-1-20", "0-1-20,0-2-10"),
       master("0-1-30", "0-1-30,0-2-10"), ""},
      {"the master was cloned and has logged none of them", mariadb("r", "0-1-20", "0-1-20,0-2-10"),
       master("0-1-30", "0-1-30"), ""},
      {"a domain of old that a cloned master does not report", mariadb("r", "0-1-9,7-3-5", "0-1-9,7-3-5"),
       master("0-1-9", "0-1-9"), ""},
      {"another server's transaction, which came over the replica", mariadb("r", "0-3-15", "0-1-9,0-3-15"),
       master("0-1-9", "0-1-9"), "0-3-10..15"},
      {"the master's own, which waits for its commit", mariadb("r", "0-1-10", "0-1-10"),
       master("0-1-9", "0-1-9"), ""},
      {"the master has another server id, and reports its old numbers as logged only",
       mariadb("r", "0-4-9", "0-4-9"), master("", "0-4-9"), ""},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    CHECK(compared(one.replica, one.master) == one.errant);
  }
}

TEST_CASE("MariaDB: a replica that has logged more of its own since it was read has errant transactions",
          "[topology]") {
  const auto before = mariadb("r", "0-1-9", "0-1-9");
  const auto replica = mariadb("r", "0-1-20", "0-1-20,0-2-11");
  const auto master = mariadb("m", "0-1-30", "0-1-30");
  CHECK(compared(replica, master).empty());
  CHECK(compared(replica, master, &before) == "0-2-10..11");
  CHECK(compared(replica, mariadb("m", "0-1-30", "0-1-30,0-2-11"), &before).empty());
  auto below_another = before;
  below_another.master = picture::key("x");
  CHECK(compared(replica, master, &below_another).empty());
  auto another_id = before;
  another_id.server_id = 7;
  CHECK(compared(replica, master, &another_id).empty());
  // Its last one is above the master's numbers, the one before is not.
  CHECK(compared(mariadb("r", "0-1-30", "0-1-30,0-2-31"), master, &before) == "0-2-10..31");
  // In a domain of its own, where the master has nothing.
  CHECK(compared(mariadb("r", "0-1-9,5-2-3", "0-1-9,5-2-3"), master, &before) == "5-2-1..3");
}

TEST_CASE("MariaDB: what was errant stays so until the replica forgets it or the master has it",
          "[topology]") {
  const auto replica = mariadb("r", "0-1-20", "0-1-20,0-2-11");
  const auto master = mariadb("m", "0-1-30", "0-1-30");
  const auto still = [&](const topo::GtidState& now, const topo::GtidState& above, const char* known) {
    return text({.replica = now, .masters = {&above}, .known = known});
  };
  CHECK(still(replica, master, "0-2-10..11") == "0-2-10..11");
  CHECK(still(mariadb("r", "0-1-20", "0-1-20"), master, "0-2-10..11").empty());
  CHECK(still(replica, mariadb("m", "0-1-30", "0-1-30,0-2-11"), "0-2-10..11").empty());
  CHECK(still(replica, master, "0-2-10..").empty());
  // It continues to write: one range, from the first that was seen.
  const auto grown = mariadb("r", "0-1-40", "0-1-40,0-2-35");
  const auto before = replica;
  CHECK(text({.replica = grown,
              .earlier = &grown,
              .before = &before,
              .masters = {&master},
              .known = "0-2-10..11"}) == "0-2-10..11,0-2-21..35");
}

// A domain's numbers are those of time: a log with an earlier and a later one has all between.
TEST_CASE("MariaDB: a master that logs all has nothing of a server that its log does not list",
          "[topology]") {
  const auto master = [](const char* logged) { return mariadb("m", "0-1-30", logged); };
  struct Case {
    const char* what;
    topo::GtidState replica, master;
    const char* errant;
  };
  const auto had = mariadb("r", "0-1-30", "0-1-30,0-2-20,0-3-9");
  const Case cases[] = {
      {"it has logged before and after that number", had, master("0-1-30,0-3-9"), "0-2-10..20"},
      {"another server's, too", mariadb("r", "0-1-30", "0-1-30,0-3-9,0-7-20"), master("0-1-30,0-3-9"),
       "0-7-10..20"},
      {"its last one has that number", mariadb("r", "0-1-20", "0-3-9,0-2-20"), master("0-1-20,0-3-9"),
       "0-2-10..20"},
      {"an empty state", had, master(""), ""},
      {"nothing below that number: RESET MASTER, or a clone", had, master("0-1-30"), ""},
      {"nothing below that number but in another domain", had, master("0-1-30,5-3-9"), ""},
      {"another domain above, this one listed below", mariadb("r", "0-1-10,5-2-20", "5-2-20,5-3-9"),
       mariadb("m", "0-1-10,5-1-40", "0-1-30,5-3-9"), ""},
      {"what is below was not replicated: the log of a dump", mariadb("r", "0-1-30", "0-1-30,0-2-20"),
       master("0-1-30,0-3-9"), ""},
      {"the replica has only earlier ones of that server", mariadb("r", "0-1-30", "0-1-30,0-2-20,0-3-8"),
       master("0-1-30,0-3-9"), ""},
      {"it has logged earlier ones of another server", mariadb("r", "0-1-30", "0-1-30,0-3-9,0-7-20"),
       master("0-1-30,0-3-9,0-7-15"), "0-7-16..20"},
      {"the master has it", had, master("0-1-30,0-2-20,0-3-9"), ""},
      {"the master's own", mariadb("r", "0-3-30", "0-3-30,0-1-20,0-4-9"),
       mariadb("m", "0-3-30", "0-3-30,0-4-9"), ""},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    CHECK(compared(one.replica, one.master) == one.errant);
  }
  auto filtered = master("0-1-30,0-3-9");
  filtered.logs_all = false;
  CHECK(compared(had, filtered).empty());
  // Of two masters, both must lack it.
  const auto one = master("0-1-30,0-3-9"), cloned = master("0-1-30");
  CHECK(text({.replica = had, .earlier = &had, .masters = {&one, &cloned}}).empty());
  CHECK(text({.replica = had, .earlier = &had, .masters = {&one, &one}}) == "0-2-10..20");
}

TEST_CASE("MariaDB: another transaction with the number in the master's log proves that it lacks the first",
          "[topology]") {
  const auto replica = mariadb("r", "0-1-30", "0-1-30,0-2-20,0-7-22");
  auto master = mariadb("m", "0-1-30", "0-1-30");
  CHECK(compared(replica, master).empty());
  master.found_logged = {{0, 1, 20}};
  CHECK(compared(replica, master) == "0-2-20");
  master.found_logged = {{0, 1, 20}, {0, 1, 22}};
  CHECK(compared(replica, master) == "0-2-20,0-7-22");
  master.logs_all = false;
  CHECK(compared(replica, master) == "0-2-20,0-7-22");
  master.found_logged = {{5, 1, 20}, {0, 1, 21}, {0, 7, 22}};
  CHECK(compared(replica, master).empty());
}

namespace {

topo::Instance server(const char* name, unsigned id, const char* executed, const char* logged) {
  auto made = instance(name, "10.11.6-MariaDB");
  made.server_id = id;
  made.executed_gtid_set = executed;
  made.logged_gtids = logged;
  return made;
}

std::string lead(const topo::Instance& one, const topo::Instance& other) {
  const auto found = topo::proven_lead(one, other);
  return found ? found->gtids : "";
}

std::string lost(const topo::Instance& one, const topo::Instance& other) {
  const auto found = topo::lost_by_itself(one, other);
  return found ? found->gtids : "";
}

}  // namespace

TEST_CASE("MariaDB: a former master has what its successor has not logged, though its number is passed",
          "[topology]") {
  const auto former = server("m", 4, "0-4-6", "0-1-5,0-4-6");
  CHECK(lead(former, server("b", 2, "0-2-7", "0-1-5,0-2-7")) == "0-4-6");
  CHECK(lead(former, server("b", 2, "0-2-7", "0-1-5,0-2-7,0-4-6")).empty());
  CHECK(lead(former, server("b", 2, "0-2-7", "0-2-7")).empty());
  CHECK(lead(former, server("b", 2, "0-2-5", "0-1-4,0-2-5")) == "0-1-5,0-4-6");
}

TEST_CASE("MariaDB: the last transaction that the logs of two servers have in common", "[topology]") {
  const auto common = [](const char* one, const char* other) {
    const auto found = topo::last_common(server("a", 1, "0-1-1", one), server("b", 2, "0-1-1", other), 0);
    return found ? std::to_string(found->server) + "-" + std::to_string(found->number) : "none";
  };
  CHECK(common("0-1-8", "0-1-3,0-2-6") == "1-3");
  CHECK(common("0-1-3,0-2-6", "0-1-8") == "1-3");
  CHECK(common("0-1-10,0-2-6", "0-1-8,0-2-11") == "1-8");
  CHECK(common("0-1-8", "0-2-6") == "none");
  CHECK(common("7-1-8", "0-1-8") == "none");
  auto without_replicated = server("a", 1, "0-1-1", "0-1-8");
  without_replicated.log_slave_updates = false;
  CHECK_FALSE(topo::last_common(without_replicated, server("b", 2, "0-1-1", "0-1-3"), 0));
}

TEST_CASE("MariaDB: in doubt are transactions with passed numbers that the other does not report",
          "[topology]") {
  const auto texts = [](const topo::Instance& one, const topo::Instance& other) {
    std::vector<topo::GtidList::Range> ranges;
    for (const auto& gtid : topo::in_doubt(one, other))
      ranges.push_back({gtid.domain, gtid.server, gtid.number - 1, gtid.number});
    return topo::text(ranges);
  };
  const auto replica = server("r", 2, "0-1-30,5-2-4", "0-1-30,0-2-20,0-3-7,5-2-4");
  CHECK(texts(replica, server("m", 1, "0-1-30", "0-1-30")) == "0-2-20,0-3-7");
  CHECK(texts(replica, server("m", 3, "0-1-30", "0-1-30,0-2-19")) == "0-2-20");
  CHECK(texts(replica, server("m", 1, "0-1-30", "0-1-30,0-2-20,0-3-8")).empty());
  CHECK(texts(replica, server("m", 1, "0-1-20", "0-1-20")) == "0-3-7");
}

TEST_CASE("a sibling that has logged all proves the errant transactions of a candidate", "[topology]") {
  const auto master = server("m", 1, "0-1-30", "0-1-30");
  const auto candidate = server("b", 2, "0-1-30", "0-1-30,0-2-20,0-3-9");
  const auto sibling = server("c", 5, "0-1-30", "0-1-30,0-3-9");
  const auto errant = [&](const std::vector<const topo::Instance*>& others) {
    const auto found = topo::OwnTransactions(others).errant(candidate);
    return found ? found->gtids : "";
  };
  CHECK(errant({&master, &candidate}).empty());
  CHECK(errant({&master, &candidate, &sibling}) == "0-2-10..20");
  const auto has_it = server("d", 6, "0-1-30", "0-1-30,0-2-20");
  CHECK(errant({&master, &candidate, &sibling, &has_it}).empty());
}

TEST_CASE("MariaDB: a server has lost its own transactions if another has later ones than it", "[topology]") {
  const auto successor = server("b", 2, "0-2-107", "0-1-100,0-2-107");
  struct Case {
    const char* what;
    topo::Instance former;
    const char* lost;
  };
  const auto former = [](const char* executed, const char* logged) {
    auto made = server("m", 1, executed, logged);
    made.channels.clear();
    return made;
  };
  const auto replica = [](const char* executed, const char* logged) {
    return server("r", 1, executed, logged);
  };
  const Case cases[] = {
      {"all is there", former("0-1-100", "0-1-100"), ""},
      {"it has more", former("0-1-103", "0-1-103"), ""},
      {"the end of its log is gone", former("0-1-95", "0-1-95"), "0-1-96..100"},
      {"an older copy, with a position only", former("0-1-80", ""), "0-1-81..100"},
      {"an older copy of when another was the master", former("0-7-90", "0-7-90"), "0-1-91..100"},
      {"a clone of the successor", former("0-2-107", ""), ""},
      {"a clone that has replicated", replica("0-2-107", "0-2-107"), ""},
      {"it was filled from a dump, which it has logged", former("0-2-104", "0-1-5,0-2-104"), ""},
      {"a replica that has logged less of its own", replica("0-2-107", "0-1-95,0-2-107"), "0-1-96..100"},
      {"a replica that has logged all", replica("0-2-107", "0-1-100,0-2-107"), ""},
      {"RESET MASTER, and nothing since", former("", ""), "0-1-1..100"},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    CHECK(lost(one.former, successor) == one.lost);
  }
  // Each domain has its own numbers.
  CHECK(lost(former("0-1-100,5-1-7", "0-1-100,5-1-7"),
             server("b", 2, "0-2-107,5-1-9", "0-1-100,0-2-107,5-1-9")) == "5-1-8..9");
  CHECK(lost(former("0-1-100", "0-1-100"), server("b", 1, "0-1-107", "0-1-107")).empty());
}

TEST_CASE("MySQL: a server has lost its own transactions if another has them", "[topology]") {
  const auto successor =
      mysql_server("b", replica_uuid, of(master_uuid, "1-9") + "," + of(replica_uuid, "1-3"));
  CHECK(lost(mysql_server("m", master_uuid, of(master_uuid, "1-9")), successor).empty());
  auto former = mysql_server("m", master_uuid, of(master_uuid, "1-6"));
  CHECK(lost(former, successor) == of(master_uuid, "7-9"));
  CHECK(topo::lost_by_itself(former, successor).value().count == 3);
  CHECK(lost(mysql_server("m", other_uuid, ""), successor).empty());
  CHECK(lost(mysql_server("m", "", ""), successor).empty());
  CHECK(lost(former, mysql_server("b", master_uuid, of(master_uuid, "1-9"))).empty());
  former.channels.emplace_back();
  former.channels.front().received_gtids = of(master_uuid, "7-8");
  CHECK(lost(former, successor) == of(master_uuid, "9"));
  former.gtid_mode = "OFF";
  CHECK(lost(former, successor).empty());
  CHECK(lost(server("m", 1, "0-1-5", ""), successor).empty());
}

TEST_CASE("MySQL: what several servers have committed themselves is compared with what the others have",
          "[topology]") {
  const auto master = mysql_server("m", master_uuid, of(master_uuid, "1-9") + "," + of(other_uuid, "1-4"));
  auto errant = mysql_server("b", replica_uuid, of(master_uuid, "1-9") + "," + of(replica_uuid, "1-3"));
  auto former = mysql_server("c", other_uuid, of(master_uuid, "1-9") + "," + of(other_uuid, "1-2"));
  auto ahead = mysql_server("d", "dddddddd-4444-4444-4444-444444444444",
                            of(master_uuid, "1-9") + "," + of(replica_uuid, "3"));
  std::vector all{&master, &std::as_const(errant), &std::as_const(former), &std::as_const(ahead)};
  const auto errant_text = [&](const topo::Instance& replica) {
    const auto found = topo::OwnTransactions(all).errant(replica);
    return found ? found->gtids : "";
  };
  const auto lost_text = [&](const topo::Instance& replica) {
    const auto found = topo::OwnTransactions(all).lost(replica);
    return found ? found->gtids : "";
  };
  CHECK(errant_text(errant) == of(replica_uuid, "1-2"));
  CHECK(errant_text(former).empty());
  CHECK(errant_text(ahead).empty());
  CHECK(lost_text(errant).empty());
  CHECK(lost_text(former) == of(other_uuid, "3-4"));
  CHECK(lost_text(ahead).empty());
  ahead.channels.front().received_gtids = of(replica_uuid, "1");
  former.channels.front().received_gtids = of(other_uuid, "3");
  CHECK(errant_text(errant) == of(replica_uuid, "2"));
  CHECK(lost_text(former) == of(other_uuid, "4"));
  SECTION("two servers with one UUID tell nothing about each other") {
    ahead.server_uuid = replica_uuid;
    CHECK(errant_text(errant).empty());
  }
  SECTION("one that is not understood proves nothing") {
    ahead.executed_gtid_set = "nonsense";
    CHECK_THROWS_AS(errant_text(errant), topo::Error);
    CHECK(lost_text(former) == of(other_uuid, "4"));
  }
  SECTION("those of a co-master get to the others") {
    errant.is_co_master = former.is_co_master = true;
    CHECK(errant_text(errant).empty());
    CHECK(lost_text(former).empty());
  }
}

TEST_CASE("MariaDB: a replica never gets what its new master has below its position", "[topology]") {
  const auto master = server("b", 2, "0-1-44", "0-2-25,0-1-44");
  const auto hidden = [&](const topo::Instance& replica,
                          const std::vector<topo::GtidList::Gtid>& twins = {}) {
    const auto found = topo::never_sent(master, replica, twins);
    return found ? found->gtids : "";
  };
  const auto replica = server("c", 3, "0-1-44", "0-1-44");
  CHECK(hidden(replica).empty());  // it may have been cloned with it
  CHECK(hidden(replica, {{0, 1, 25}}) == "0-2-25");
  CHECK(hidden(server("c", 3, "0-1-24", "0-1-24"), {{0, 1, 25}}).empty());  // it comes yet
  CHECK(hidden(server("c", 3, "0-1-44", "0-2-25,0-1-44")).empty());
  // Its log has all between others.
  CHECK(hidden(server("c", 3, "0-1-44", "0-2-20,0-1-44")) == "0-2-21..25");
}

}  // namespace errant_test
