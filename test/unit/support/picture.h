// Topologies from a picture: "a > b > c, a > d" is b and d replicating from a, c from b.
//
// A name is a host (port 3306 unless "a:3307" says otherwise). "(x) > a": a replicates from x, and nobody
// knows x. "a > b > a": a ring. All threads run without lag, all was read just now; server ids differ. An
// instance's place is the one that discovery gives it: a tree is named after its topmost known instance, a
// ring after the member that the picture names first.
#pragma once

#include <string_view>
#include <vector>

#include "topo/topology/topology.h"

namespace picture {

// "a", "a:3307".
topo::InstanceKey key(std::string_view name);

// A replica of `master`, or of nobody when that is empty: both threads run, no lag, ROW format.
topo::Instance instance(std::string_view name, std::string_view master = "");

// `instance` as read successfully just now.
topo::KnownInstance known(topo::Instance instance);

// In the order in which the picture names them first. Throws std::runtime_error for an instance that has
// two masters.
std::vector<topo::KnownInstance> instances(std::string_view picture);
topo::Topology topology(std::string_view picture);

}  // namespace picture
