// Sample instances to store.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "topo/store/store.h"

namespace store_suite {

topo::InstanceKey key(std::string_view hostname, std::uint16_t port = 3306);

// An instance read just now; a replica of `master` unless that is empty.
topo::Instance instance(std::string_view hostname, std::string_view master = "",
                        std::string_view cluster = "");

// Each field has a value different from all other fields.
topo::Instance full_instance();
topo::ReplicationChannel full_channel(std::string_view name);
topo::LongQuery full_query();

topo::SeenInstance first_seen(topo::Instance instance);
topo::SeenInstance seen_again(topo::Instance instance);

void write(topo::Store& store, std::vector<topo::InstanceWrite> writes);
// The host names of instances, "a b c".
std::string hosts(std::span<const topo::KnownInstance> instances);

}  // namespace store_suite
