#include "refactor/co_master_account.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "topo/base/error.h"

namespace topo::refactor {
namespace {

std::optional<mysql::ReplicationAccount> find_account(Servers& servers, const Instance& master,
                                                      const Instance& replica) {
  const auto has_one = servers.has_replication_account(master);
  if (has_one == true) return std::nullopt;
  if (auto account = servers.replication_account(replica)) return account;
  throw Error(
      Code::refused,
      fmt::format(
          "{} {} account to replicate with: pass one with -replication-user and "
          "-replication-password or with -replication-credentials, or set ReplicationCredentialsQuery",
          master.key.display(), has_one ? "has no" : "does not tell whether it has an"));
}

}  // namespace

std::optional<mysql::ReplicationAccount> account_of_co_master(
    Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& read,
    const std::optional<mysql::ReplicationAccount>& given) {
  const auto& replica = read.at(plan.subject);
  const auto& master = read.at(plan.replica_steps.front().replica);
  const auto missing =
      servers.missing_privileges(master, {mysql::Task::move_replicas, mysql::Task::forget_master});
  if (!missing.empty()) {
    throw Error(Code::refused,
                fmt::format("The account of orchestrator lacks privileges on {}: {}; grant them",
                            master.key.display(), fmt::join(missing, "; ")));
  }
  auto account = given ? given : find_account(servers, master, replica);
  if (!account) return account;
  const auto* channel = replica.replication();
  account->tls = account->tls || (channel != nullptr && channel->allow_tls);
  for (auto& step : plan.replica_steps.front().move) {
    if (auto* change = std::get_if<ChangeMaster>(&step)) change->with_account = true;
  }
  return account;
}

}  // namespace topo::refactor
