#include "topo/inspect/same_server.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using topo::are_one_address;
using Addresses = std::vector<std::string>;

TEST_CASE("names with one and the same address alone lead to one address", "[inspect]") {
  CHECK(are_one_address(Addresses{"192.0.2.1"}, Addresses{"192.0.2.1"}));
  CHECK_FALSE(are_one_address(Addresses{"192.0.2.1"}, Addresses{"192.0.2.2"}));
  CHECK_FALSE(are_one_address(Addresses{}, Addresses{}));
  // A connection to a name of several may go to either.
  CHECK_FALSE(are_one_address(Addresses{"192.0.2.2"}, Addresses{"192.0.2.1", "192.0.2.2"}));
  CHECK_FALSE(are_one_address(Addresses{"192.0.2.1", "192.0.2.2"}, Addresses{"192.0.2.1", "192.0.2.2"}));
}
