// What an operation reads before it decides.
#include "refactor/facts.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <variant>

#include "base/parallel.h"
#include "refactor/locks.h"
#include "refactor/logged_twins.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/mysql/connection.h"
#include "topo/store/store.h"
#include "topo/topology/errant.h"
#include "topo/topology/received.h"
#include "topo/topology/rules.h"

namespace topo::refactor {
namespace {

constexpr std::size_t reads_at_once = 32;

}  // namespace

std::optional<std::chrono::seconds> polled_ago(Context& context, const KnownInstance& before) {
  if (!before.last_check_valid || !before.is_up_to_date(context.configuration().instance_poll))
    return std::nullopt;
  const auto expiry = context.configuration().active_node_expire;
  const bool is_polled = std::ranges::any_of(context.store().nodes().seen_within(expiry, expiry),
                                             [](const Node& node) { return node.is_active; });
  return is_polled ? before.since_last_seen : std::nullopt;
}

void FailedRead::apply_to(KnownInstance& known) const {
  known.last_check_valid = false;
  known.last_check_error = error;
  known.last_check_failure = failure;
  known.polled_ago = polled_ago;
}

// A failed query is not evidence: the lag measured by the last poll counts.
std::optional<std::chrono::seconds> Refactoring::measured_lag(Servers& servers,
                                                              const InstanceKey& key) const {
  try {
    return servers.measured_lag(key);
  } catch (const std::exception& error) {
    context_.log().warn(fmt::format("{}: SlaveLagQuery failed: {}", key.display(), error.what()));
    return std::nullopt;
  }
}

// Servers that do not answer keep the backend's data, except that the check is not valid.
void Refactoring::read(Servers& servers, const std::vector<InstanceKey>& keys, Facts& facts) const {
  struct Read {
    std::optional<Instance> instance;
    std::string error;
    ReadFailure failure = ReadFailure::none;
    std::exception_ptr backend_error;  // a backend error is not evidence about the server
    std::optional<std::chrono::seconds> lag;
  };
  std::vector<Read> reads(keys.size());
  in_parallel(keys.size(), reads_at_once, [&](std::size_t i) {
    try {
      reads[i].instance = servers.read(keys[i]);
      reads[i].lag = measured_lag(servers, keys[i]);
    } catch (const Error& error) {
      reads[i].error = error.what();
      reads[i].failure = mysql::read_failure_of(error);
      if (error.code() == Code::backend) reads[i].backend_error = std::current_exception();
    } catch (const std::exception& error) {
      reads[i].error = error.what();
      reads[i].failure = ReadFailure::local;
    }
  });
  for (const auto& one : reads) {
    if (one.backend_error) std::rethrow_exception(one.backend_error);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto& known = facts.known[keys[i]];
    if (!reads[i].instance) known.polled_ago = polled_ago(context_, known);
    known.last_check_error = reads[i].error;
    known.last_check_valid = reads[i].instance.has_value();
    known.last_check_failure = reads[i].failure;
    if (!reads[i].instance) continue;
    known.since_last_checked = known.since_last_seen = std::chrono::seconds(0);
    auto& read = *reads[i].instance;
    read.uptime = known.instance.uptime;
    read.cluster_name = known.instance.cluster_name;
    read.replication_depth = known.instance.replication_depth;
    read.is_co_master = known.instance.is_co_master;
    read.errant_gtids = known.instance.errant_gtids;
    read.received_most = known.instance.received_most;
    if (!context_.configuration().slave_lag_query.empty())
      read.slave_lag = reads[i].lag ? reads[i].lag : known.instance.slave_lag;
    known.instance = facts.read[keys[i]] = std::move(read);
  }
}

Refactoring::Facts Refactoring::read_facts(Servers& servers, const InstanceKey& subject,
                                           const Concerned& concerned,
                                           const std::vector<std::int64_t>& own_locks,
                                           const FailedReads& silent, const GoodReads& just_read) const {
  auto& instances = context_.store().instances();
  const auto stored = instances.read(subject);
  if (!stored) {
    throw Error(Code::not_found,
                fmt::format("Instance not found: {}; add it with `discover`", subject.display()));
  }
  Facts facts;
  for (auto& known : instances.read_cluster(stored->instance.cluster_name)) {
    auto key = known.instance.key;
    facts.known.insert_or_assign(std::move(key), std::move(known));
  }
  // Reading may show that more servers are concerned: a replica that has another master by now.
  constexpr int max_rounds = 3;
  for (int round = 0; round < max_rounds; ++round) {
    auto keys = concerned(facts.topology());
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::erase_if(keys, [&](const auto& key) { return !facts.asked.insert(key).second; });
    if (keys.empty()) break;
    for (const auto& key : keys) {
      if (facts.known.contains(key)) continue;
      auto known = instances.read(key);
      if (!known) continue;
      // An instance of another cluster: its ancestors there count, too.
      for (auto& other : instances.read_cluster(known->instance.cluster_name)) {
        auto other_key = other.instance.key;
        facts.known.try_emplace(std::move(other_key), std::move(other));
      }
      facts.known.try_emplace(key, std::move(*known));
    }
    std::erase_if(keys, [&](const auto& key) {
      const auto found = silent.find(key);
      if (found == silent.end()) return false;
      found->second.apply_to(facts.known[key]);
      return true;
    });
    std::erase_if(keys, [&](const auto& key) {
      const auto found = just_read.find(key);
      if (found == just_read.end()) return false;
      facts.known[key] = found->second;
      facts.read[key] = found->second.instance;
      return true;
    });
    read(servers, keys, facts);
  }
  note_rings_above(servers, facts);
  note_locks(facts, own_locks);
  note_doubts(facts);
  return facts;
}

// The connections of replicas break a moment after their master has died.
void Refactoring::await_broken_connections(Servers& servers, const InstanceKey& master, Facts& facts) const {
  constexpr std::chrono::milliseconds first_pause{10}, longest_pause{320};
  const auto found = facts.known.find(master);
  if (found == facts.known.end() || found->second.last_check_failure != ReadFailure::no_answer) return;
  for (auto pause = first_pause; pause <= longest_pause; pause *= 2) {
    std::vector<InstanceKey> connected;
    for (const auto& key : facts.asked)
      if (is_connected_to(facts.known[key], master)) connected.push_back(key);
    if (connected.empty()) return;
    std::this_thread::sleep_for(pause);
    read(servers, connected, facts);
  }
}

// A replica knows best which master it has; its master's name may lead to another server here. For a dead
// master, the name that the replica uses is sufficient: the master may have changed its id and UUID.
void Refactoring::note_doubts(Facts& facts) {
  for (const auto& [key, replica] : facts.read) {
    const auto master_key = replica.master_key();
    const auto master = master_key ? facts.known.find(*master_key) : facts.known.end();
    if (master == facts.known.end()) continue;
    const auto& reported = replica.replication()->reported_master;
    const bool is_renamed = reported && reported != master->first;
    if (!master->second.last_check_valid && !is_renamed) continue;
    facts.known[key].master_in_doubt = why_not_last_master(replica, master->second.instance).value_or("");
  }
}

// The ancestors of the servers read may form a ring that is not discovered yet: it becomes known here. Each
// server is read once, however many replicas are below it.
void Refactoring::note_rings_above(Servers& servers, Facts& facts) const {
  constexpr std::size_t longest = 8;
  std::unordered_map<InstanceKey, KnownInstance> unknown;
  const auto master_of = [&](const InstanceKey& key) {
    if (const auto known = facts.known.find(key); known != facts.known.end())
      return known->second.instance.master_key();
    const auto [found, is_new] = unknown.try_emplace(key);
    if (!is_new) return found->second.instance.master_key();
    try {
      found->second.instance = servers.read(key);
      found->second.last_check_valid = true;
      found->second.since_last_checked = found->second.since_last_seen = std::chrono::seconds(0);
    } catch (const Error& error) {
      context_.log().debug(fmt::format("{}: {}", key.display(), error.what()));
    }
    return found->second.instance.master_key();
  };
  for (const auto& key : facts.asked) {
    std::vector<InstanceKey> path{key};
    auto master = master_of(key);
    while (master && path.size() < longest && std::ranges::find(path, *master) == path.end()) {
      path.push_back(*master);
      master = master_of(*master);
    }
    if (!master || std::ranges::find(path, *master) == path.end()) continue;
    for (const auto& member : path) {
      if (auto found = unknown.extract(member)) facts.known.insert(std::move(found));
    }
  }
}

void Refactoring::note_locks(Facts& facts, const std::vector<std::int64_t>& own) const {
  const std::unordered_set<std::int64_t> owned(own.begin(), own.end());
  for (const auto& held : context_.store().maintenance().active()) {
    if (owned.contains(held.id)) continue;
    const auto found = facts.known.find(held.key);
    if (found != facts.known.end()) note_lock(held, found->second);
  }
}

// Nothing may be moved below its own descendant, and the backend may not know yet what another client has
// just moved: masters above the destinations that the plan was not made from are read now. And two operations
// that lock different servers could make a loop together, each moving a server below a descendant of the
// other one: both have locked what they move before they come here, so that at least one sees the other's
// lock.
void Refactoring::require_no_loop(Servers& servers, const Facts& facts, const Plan& plan,
                                  const std::vector<std::int64_t>& own) const {
  constexpr std::size_t longest = 8;
  const std::unordered_map<InstanceKey, InstanceKey> planned(plan.result.begin(), plan.result.end());
  const std::unordered_set<std::int64_t> owned(own.begin(), own.end());
  std::unordered_map<InstanceKey, Maintenance> moving;
  for (auto& held : context_.store().maintenance().active()) {
    if (!held.process.empty() && !owned.contains(held.id)) moving.emplace(held.key, std::move(held));
  }
  std::unordered_map<InstanceKey, std::optional<InstanceKey>> read_now;
  const auto master_of = [&](const InstanceKey& key) -> std::optional<InstanceKey> {
    if (const auto next = planned.find(key); next != planned.end()) return next->second;
    const auto known = facts.known.find(key);
    const auto stored = known == facts.known.end() ? std::nullopt : known->second.instance.master_key();
    if (facts.asked.contains(key)) return stored;
    const auto [found, is_new] = read_now.try_emplace(key, stored);
    if (!is_new) return found->second;
    try {
      found->second = servers.read(key).master_key();
    } catch (const Error& error) {
      // What does not answer does not move.
      context_.log().debug(fmt::format("{}: {}", key.display(), error.what()));
    }
    return found->second;
  };
  for (const auto& [replica, master] : plan.result) {
    std::vector<InstanceKey> path{master};
    while (path.size() < longest) {
      const auto above = master_of(path.back());
      // An instance without a master is not moved.
      if (const auto held = moving.find(path.back()); held != moving.end() && above) {
        throw Error(Code::locked,
                    fmt::format("{} cannot be moved below {} now, as another operation may move that or "
                                "a master above it: {}",
                                replica.display(), master.display(), describe(held->second)));
      }
      if (!above || std::ranges::find(path, *above) != path.end()) break;
      // Loops of servers that the plan was made from are the rules' business: co-masters are one.
      if (*above == replica) {
        if (std::ranges::none_of(path, [&](const auto& key) { return read_now.contains(key); })) break;
        throw Error(Code::refused,
                    fmt::format("{} replicates from {} by now: moving {} below it would create a loop",
                                master.display(), replica.display(), replica.display()));
      }
      path.push_back(*above);
    }
  }
}

// What the steps of a dry run would come to: the decision of a plan with `decide`, and moves that GTIDs
// forbid.
void Refactoring::preview(Servers& servers, Plan& plan, const Facts& facts, bool allow_errant) const {
  auto then = facts.read;
  if (plan.decide) preview_decision(servers, plan, then);
  if (allow_errant) return;
  for_each_step(plan, [&](const Step& step) {
    const auto* change = std::get_if<ChangeMaster>(&step);
    if (change == nullptr || !change->by_gtid || change->demotes || change->master_may_be_down) return;
    const auto replica = then.find(change->server), master = then.find(change->master);
    if (replica == then.end() || master == then.end()) return;
    try {
      auto difference = difference_by_logs(servers, replica->second, master->second, Doubts::own);
      // A master that catches up first will have more than it has now.
      const bool is_ahead = difference.ahead && !may_still_come(*difference.ahead, master->second) &&
                            (plan.between.empty() || difference.ahead->is_own);
      if (!is_ahead) difference.ahead.reset();
      if (difference.ahead || difference.hidden)
        plan.refusals.push_back(
            fmt::format("by now {}; -allow-errant moves it there all the same, and the two differ then",
                        describe(difference, change->server, change->master)));
    } catch (const Error& error) {
      plan.refusals.emplace_back(error.what());
    }
  });
}

// By the servers as they are `then`, which get what they will have executed.
void Refactoring::preview_decision(Servers& servers, Plan& plan,
                                   std::unordered_map<InstanceKey, Instance>& then) {
  std::vector<Instance> now;
  for (const auto& steps : plan.replica_steps) {
    auto& replica = then.at(steps.replica);
    const DrainRelayLog* drain = nullptr;
    for (const auto& step : steps.prepare)
      if (const auto* one = std::get_if<DrainRelayLog>(&step)) drain = one;
    if (drain != nullptr) replica = as_drained(replica, drain->lifts_delay);
    now.push_back(replica);
  }
  note_errant_by_logs(servers, now);
  apply(plan.decide(now, {}), plan);
  plan.decision += "; by what they have received, and can execute:";
}

// A rule may refuse because of another operation: naming that operation helps most.
void Refactoring::throw_if_locked(const Facts& facts, const Error& refusal) const {
  for (const auto& held : context_.store().maintenance().active()) {
    if (!facts.read.contains(held.key)) continue;
    const auto lock = describe(held);
    const std::string_view reason = refusal.what();
    if (reason.find(lock) != std::string_view::npos) throw Error(Code::locked, std::string(reason));
    throw Error(Code::locked, fmt::format("{}; as the servers are now: {}", lock, reason));
  }
}

}  // namespace topo::refactor
