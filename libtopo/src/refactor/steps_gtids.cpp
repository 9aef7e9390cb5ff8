// Steps that mend errant transactions.
#include <fmt/format.h>

#include "refactor/steps.h"
#include "topo/base/error.h"
#include "topo/model/gtid_set.h"

namespace topo::refactor {

void Steps::act(const InjectEmpty& step) {
  auto& server = state_of(step.server);
  if (options_.require_held) options_.require_held(step.server, {});
  servers_.inject_empty(server.former, step.gtids);
  auto executed = servers_.read(step.server).executed_gtid_set;
  const auto missing = GtidSet::parse(step.gtids).minus(GtidSet::parse(executed));
  if (!missing.empty()) {
    throw Error(Code::refused,
                fmt::format("{} has still not executed {}", step.server.display(), missing.text()));
  }
  server.former.executed_gtid_set = std::move(executed);
}

// May be repeated: what gtid_executed is to become is determined once, before it is emptied.
void Steps::act(const ForgetTransactions& step) {
  auto& server = state_of(step.server);
  require_untouched(server, {});
  const bool is_of_mariadb = is_mariadb(server.former.version);
  if (server.gtids.empty() && !is_of_mariadb) {
    const auto executed = GtidSet::parse(servers_.read(step.server).executed_gtid_set);
    const auto remaining = executed.minus(GtidSet::parse(step.errant));
    if (remaining == executed) {
      throw Error(Code::refused, fmt::format("{} no longer has the errant transactions {}",
                                             step.server.display(), step.errant));
    }
    if (remaining.empty()) {
      throw Error(Code::refused,
                  fmt::format("{} has executed nothing but errant transactions", step.server.display()));
    }
    server.gtids = remaining.text();
    note(server);
  }
  servers_.reset_gtids(server.former, step.errant, server.gtids);
  const auto now = servers_.read(step.server);
  server.former.executed_gtid_set = now.executed_gtid_set;
  server.former.logged_gtids = now.logged_gtids;
  server.log_end = now.self_coordinates;
}

}  // namespace topo::refactor
