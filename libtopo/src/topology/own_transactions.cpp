#include "topo/topology/own_transactions.h"

#include <algorithm>

#include "topo/base/error.h"
#include "topo/model/gtid_list.h"
#include "topo/model/gtid_set.h"

namespace topo {
namespace {

// Adds up what servers have that others have committed first.
template <typename Gtids>
struct Sum {
  Gtids executed, received;

  template <typename Server>
  void add(const GtidState& state, const Server& server) {
    for (const auto* text : {&state.executed, &state.logged})
      executed = executed.united(Gtids::parse(*text).without(server));
    for (const auto& text : state.received) received = received.united(Gtids::parse(text).without(server));
  }

  [[nodiscard]] GtidState state() const {
    GtidState state;
    state.has_gtids = true;
    state.executed = executed.text();
    state.received.push_back(received.text());
    return state;
  }
};

GtidState committed_by_itself(GtidState state) {
  state.received.clear();
  if (state.is_mariadb) {
    for (auto* text : {&state.executed, &state.logged})
      *text = GtidList::parse(*text).from(state.server_id).text();
  } else {
    state.executed = GtidSet::parse(state.executed).from(state.server_uuid).text();
  }
  return state;
}

// Whether the others have all that a MariaDB server has committed itself.
bool is_known(const GtidState& own, const GtidState& sum) {
  const auto known = GtidList::parse(sum.executed).united(GtidList::parse(sum.received.front()));
  return known.contains(GtidList::parse(own.executed)) && known.contains(GtidList::parse(own.logged));
}

}  // namespace

OwnTransactions::OwnTransactions(const std::vector<const Instance*>& all) {
  Sum<GtidSet> sets;
  Sum<GtidList> lists;
  for (const auto* one : all) {
    auto state = gtid_state_of(*one);
    if (!state.has_gtids) continue;
    try {
      if (state.is_mariadb)
        lists.add(state, state.server_id);
      else
        sets.add(state, state.server_uuid);
    } catch (const Error& error) {
      problem_ = error.what();
    }
    if (state.is_mariadb)
      mariadb_.emplace_back(one, std::move(state));
    else
      ++servers_[state.server_uuid];
  }
  sets_ = sets.state();
  lists_ = lists.state();
  lists_.is_mariadb = true;
}

std::optional<GtidLead> OwnTransactions::errant(const Instance& replica) const {
  const auto state = gtid_state_of(replica);
  if (replica.is_co_master || !state.has_gtids) return std::nullopt;
  const auto own = committed_by_itself(state);
  if (own.executed.empty() && own.logged.empty()) return std::nullopt;
  if (!problem_.empty()) throw Error(Code::invalid_argument, problem_);
  ErrantInput input{.replica = state, .earlier = &own, .masters = {&sets_}, .share_transactions = true};
  if (state.is_mariadb) {
    if (is_known(own, lists_)) return std::nullopt;
    input.masters.clear();
    for (const auto& [instance, other] : mariadb_)
      if (instance != &replica) input.masters.push_back(&other);
  } else if (servers_.at(state.server_uuid) > 1) {
    return std::nullopt;
  }
  return errant_transactions(input);
}

std::optional<GtidLead> OwnTransactions::lost(const Instance& replica) const {
  if (replica.is_co_master) return std::nullopt;
  try {
    return lost_by_itself(replica, is_mariadb(replica.version) ? lists_ : sets_);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace topo
