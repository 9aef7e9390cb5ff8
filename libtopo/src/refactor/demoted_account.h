// The account with which a former master replicates from its former replica.
#pragma once

#include <optional>
#include <vector>

#include "topo/refactor/servers.h"
#include "topo/topology/plan.h"

namespace topo::refactor {

// Checks a master that a plan puts below its replica, both as just read, for the prerequisites: the
// privileges to undo it, and an account to replicate with. The account is `given`, the one that the master
// has, or the one from ReplicationCredentialsQuery. If the master needs to be given the account, the plan is
// changed to do so, and the account is returned. Throws Error{refused} with what is missing and the remedy.
[[nodiscard]] std::optional<mysql::ReplicationAccount> account_of_demoted(
    Servers& servers, Plan& plan, const Instance& master, const Instance& replica,
    const std::optional<mysql::ReplicationAccount>& given);

// Throws Error{refused} with the privileges that this program's account lacks there.
void require_privileges(Servers& servers, const Instance& server, const std::vector<mysql::Task>& tasks);

}  // namespace topo::refactor
