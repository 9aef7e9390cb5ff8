// The account with which a master is going to replicate from its replica.
#pragma once

#include <optional>
#include <unordered_map>

#include "topo/refactor/servers.h"
#include "topo/topology/plan.h"

namespace topo::refactor {

// Asks the master and the replica of a plan of make-co-master, as they were just read, for what it takes:
// the privileges to undo it, and an account to replicate with. That is `given`, the one that the master has,
// or the one of ReplicationCredentialsQuery; if the master is to be told it, the plan says so, and it is
// returned. Throws Error{refused}, saying what is missing and what to do about it.
[[nodiscard]] std::optional<mysql::ReplicationAccount> account_of_co_master(
    Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& read,
    const std::optional<mysql::ReplicationAccount>& given);

}  // namespace topo::refactor
