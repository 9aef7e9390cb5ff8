// The account with which a master replicates from its replica.
#pragma once

#include <optional>
#include <unordered_map>

#include "topo/refactor/servers.h"
#include "topo/topology/plan.h"

namespace topo::refactor {

// Checks the master and the replica of a make-co-master plan, as just read, for its prerequisites: the
// privileges to undo it, and an account to replicate with. The account is `given`, the one that the master
// has, or the one from ReplicationCredentialsQuery. If the master needs to be given the account, the plan is
// changed to do so, and the account is returned. Throws Error{refused} with what is missing and the remedy.
[[nodiscard]] std::optional<mysql::ReplicationAccount> account_of_co_master(
    Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& read,
    const std::optional<mysql::ReplicationAccount>& given);

}  // namespace topo::refactor
