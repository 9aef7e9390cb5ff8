#include "topo/topology/cluster.h"

#include <catch2/catch.hpp>

using topo::ClusterMembership;
using topo::InstanceKey;
using topo::membership_below;

namespace {

const InstanceKey a{"a", 3306}, b{"b", 3306}, c{"c", 3306}, nobody;

}  // namespace

TEST_CASE("an instance's place follows from its master's place", "[topology][cluster]") {
  struct Case {
    const char* what;
    InstanceKey key, master;
    std::optional<ClusterMembership> master_membership;
    InstanceKey masters_master;
    ClusterMembership coordinates;
  };
  const Case cases[] = {
      {"no master", b, nobody, std::nullopt, nobody, {"b:3306", 0, false}},
      {"an unknown master", b, a, std::nullopt, nobody, {"b:3306", 0, false}},
      {"itself", b, b, ClusterMembership{"b:3306", 0, false}, b, {"b:3306", 0, false}},
      {"a master", b, a, ClusterMembership{"a:3306", 0, false}, nobody, {"a:3306", 1, false}},
      {"a replica", b, a, ClusterMembership{"c:3306", 3, false}, c, {"c:3306", 4, false}},
      {"a master without a name yet", b, a, ClusterMembership{"", 0, false}, nobody, {"a:3306", 1, false}},
      {"a co-master's replica", c, b, ClusterMembership{"a:3306", 1, true}, a, {"a:3306", 2, false}},
      {"co-master, named after it", b, a, ClusterMembership{"b:3306", 1, true}, b, {"b:3306", 0, true}},
      {"co-master, named after the other",
       b,
       a,
       ClusterMembership{"a:3306", 0, true},
       b,
       {"a:3306", 1, true}},
      {"smaller co-master, no name yet", a, b, ClusterMembership{"", 0, false}, a, {"a:3306", 0, true}},
      {"greater co-master, no name yet", b, a, ClusterMembership{"", 0, false}, b, {"a:3306", 1, true}},
      {"smaller co-master, named after a third",
       a,
       b,
       ClusterMembership{"c:3306", 2, false},
       a,
       {"a:3306", 0, true}},
      {"greater co-master, named after a third",
       b,
       a,
       ClusterMembership{"c:3306", 2, false},
       b,
       {"a:3306", 1, true}},
  };
  for (const auto& t : cases) {
    INFO(t.what);
    CHECK(membership_below(t.key, t.master, t.master_membership, t.masters_master) == t.coordinates);
  }
}
