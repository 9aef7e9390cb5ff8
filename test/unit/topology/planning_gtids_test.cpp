// Plans that mend errant transactions, and their refusals.
#include <catch2/catch.hpp>

#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/topology/planning.h"

namespace planning_gtids_test {
namespace {

using picture::key;

constexpr const char* errant = "cccccccc-2222-2222-2222-222222222222:1-3";

// All are MySQL servers with GTIDs; c has errant transactions.
std::vector<topo::KnownInstance> drawn(const char* picture) {
  auto all = picture::instances(picture);
  for (auto& known : all) {
    known.instance.version = "9.7.0";
    known.instance.gtid_mode = "ON";
    known.instance.read_only = known.instance.key == key("c");
    if (known.instance.key == key("c")) known.instance.errant_gtids = errant;
  }
  return all;
}

using Change = void (*)(topo::KnownInstance&);

template <typename Make>
std::string refusal(const Make& make, const char* picture, const char* name = "", Change change = nullptr) {
  auto all = drawn(picture);
  for (auto& known : all)
    if (change != nullptr && known.instance.key.hostname() == name) change(known);
  try {
    return "planned: " + topo::describe(make(topo::Topology(std::move(all)), key("c")));
  } catch (const topo::Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("empty transactions are committed on the writeable master of the cluster", "[topology]") {
  const auto planned = [](const char* picture, const char* name = "", Change change = nullptr) {
    return refusal(topo::plan_inject_empty, picture, name, change);
  };
  const std::string on_a = "planned: a:3306: commit an empty transaction for each errant one of c:3306 (" +
                           std::string(errant) + "); this cannot be undone";
  CHECK(planned("a > b > c") == on_a);
  CHECK(planned("a > x > a, x > c", "x", [](auto& known) { known.instance.read_only = true; }) == on_a);
  CHECK(planned("c") == "c:3306 is not a replica");
  CHECK(planned("(a) > c") == "the master of c:3306, a:3306, is not known");
  const std::string only = "The errant transactions of c:3306 can only be committed on a writeable master: ";
  CHECK(planned("a > c", "a", [](auto& known) { known.instance.read_only = true; }) ==
        only +
            "a:3306 is read-only; if it is the master of its cluster, `set-writeable -i a:3306` ends that, "
            "and if another one has taken its place, `match-below -i c:3306 -allow-errant -s THAT` puts "
            "c:3306 below that first");
  CHECK(planned("a > c", "a", [](auto& known) {
          known.last_check_valid = false;
          known.last_check_error = "it is gone";
        }) == only + "a:3306 cannot be read: it is gone");
  CHECK(planned("a > c", "a", [](auto& known) { known.instance.gtid_mode = "OFF"; }) ==
        only + "a:3306 has no GTIDs: its gtid_mode is OFF");
  CHECK(planned("a > c", "c", [](auto& known) { known.instance.gtid_mode = "OFF"; }) ==
        "c:3306 has no GTIDs: its gtid_mode is OFF");
  CHECK_THAT(planned("a > c", "c", [](auto& known) { known.instance.version = "10.11.6-MariaDB"; }),
             Catch::StartsWith("c:3306 is a MariaDB server"));
  CHECK_THAT(planned("a > c", "c",
                     [](auto& known) {
                       known.instance.errant_gtids = "cccccccc-2222-2222-2222-222222222222:1-3001";
                     }),
             Catch::StartsWith("c:3306 has 3001 errant transactions, and at most 3000 "));
  CHECK(planned("a > c", "a", [](auto& known) { known.locked = "a is locked by ann"; }) ==
        "a is locked by ann");
}

TEST_CASE("a replica without replicas forgets its errant transactions", "[topology]") {
  const auto planned = [](const char* picture, const char* name = "", Change change = nullptr) {
    return refusal(topo::plan_forget_errant, picture, name, change);
  };
  CHECK(planned("a > c") ==
        "planned: c:3306: stop replication\n"
        "c:3306: forget its errant transactions (" +
            std::string(errant) +
            "), and delete its binary logs; this cannot be undone\n"
            "c:3306: start replication, with the threads it had running");
  CHECK(planned("a > c", "c", [](auto& known) { known.instance.read_only = false; }) ==
        "c:3306 is writable: what clients commit while its GTIDs are reset would get numbers of other "
        "transactions; set-read-only first");
  CHECK(planned("a > c > d, c > e") ==
        "c:3306 has replicas, which may need its binary logs: d:3306, e:3306; move them away first");
  CHECK_THAT(planned("a > c", "c", [](auto& known) { known.instance.replica_hosts = {key("unknown")}; }),
             Catch::StartsWith("c:3306 has replicas, which may need its binary logs: unknown:3306; "));
  CHECK(planned("c") == "c:3306 is not a replica");
  CHECK_THAT(planned("a > c", "c",
                     [](auto& known) {
                       known.instance.channels.push_back(known.instance.channels.front());
                       known.instance.channels.back().name = "second";
                     }),
             Catch::StartsWith("c:3306 replicates on 2 channels"));
  CHECK(planned("a > c", "c", [](auto& known) { known.locked = "c is locked by ann"; }) ==
        "c is locked by ann");
}

}  // namespace planning_gtids_test
