#include "topo/inspect/same_server.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using topo::are_one_address;
using Addresses = std::vector<std::string>;

TEST_CASE("names that share their only address are one address", "[inspect]") {
  CHECK(are_one_address(Addresses{"192.0.2.1"}, Addresses{"192.0.2.1"}));
  CHECK_FALSE(are_one_address(Addresses{"192.0.2.1"}, Addresses{"192.0.2.2"}));
  CHECK_FALSE(are_one_address(Addresses{}, Addresses{}));
  // A name with several addresses may lead to any of them.
  CHECK_FALSE(are_one_address(Addresses{"192.0.2.2"}, Addresses{"192.0.2.1", "192.0.2.2"}));
  CHECK_FALSE(are_one_address(Addresses{"192.0.2.1", "192.0.2.2"}, Addresses{"192.0.2.1", "192.0.2.2"}));
}
