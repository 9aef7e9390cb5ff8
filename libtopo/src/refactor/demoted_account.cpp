#include "refactor/demoted_account.h"

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

void require_privileges(Servers& servers, const Instance& server, const std::vector<mysql::Task>& tasks) {
  const auto missing = servers.missing_privileges(server, tasks);
  if (missing.empty()) return;
  throw Error(Code::refused, fmt::format("The account of orchestrator lacks privileges on {}: {}; grant them",
                                         server.key.display(), fmt::join(missing, "; ")));
}

std::optional<mysql::ReplicationAccount> account_of_demoted(
    Servers& servers, Plan& plan, const Instance& master, const Instance& replica,
    const std::optional<mysql::ReplicationAccount>& given) {
  require_privileges(servers, master, {mysql::Task::move_replicas, mysql::Task::forget_master});
  auto account = given ? given : find_account(servers, master, replica);
  if (!account) return account;
  const auto* channel = replica.replication();
  account->tls = account->tls || (channel != nullptr && channel->allow_tls);
  for (auto& steps : plan.replica_steps) {
    for (auto& step : steps.move) {
      auto* change = std::get_if<ChangeMaster>(&step);
      if (change != nullptr && change->server == master.key) change->with_account = true;
    }
  }
  return account;
}

}  // namespace topo::refactor
