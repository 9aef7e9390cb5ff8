// Topologies from a picture: in "a > b > c, a > d", b and d replicate from a, c from b.
//
// A name is a host with port 3306, or another as in "a:3307". "(x) > a": a replicates from the unknown
// instance x. "a > b > a": a ring. All threads run without lag, all instances were read just now; server ids
// differ. Places are those of discovery: a tree is named after its topmost known instance, a ring after its
// first member in the picture.
#pragma once

#include <string_view>
#include <vector>

#include "topo/topology/topology.h"

namespace picture {

// "a", "a:3307".
topo::InstanceKey key(std::string_view name);

// A replica of `master`, or of none if that is empty: both threads run, no lag, ROW format.
topo::Instance instance(std::string_view name, std::string_view master = "");

// `instance` as read successfully just now.
topo::KnownInstance known(topo::Instance instance);

// In the order of their first appearance. Throws std::runtime_error for an instance with two masters.
std::vector<topo::KnownInstance> instances(std::string_view picture);
topo::Topology topology(std::string_view picture);

}  // namespace picture
