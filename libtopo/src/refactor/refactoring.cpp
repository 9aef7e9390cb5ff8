#include "topo/refactor/refactoring.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/parallel.h"
#include "refactor/co_master_account.h"
#include "refactor/journal.h"
#include "refactor/known_places.h"
#include "refactor/locks.h"
#include "refactor/until_stored.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

constexpr std::size_t reads_at_once = 32;

// Some have a blank or another name, as those who read the audit know them.
std::string audit_type(const Plan& plan) {
  if (plan.operation == "reset-slave") return "reset slave";
  if (plan.operation == "detach-slave") return "detach slave";
  if (plan.operation == "reattach-slave") return "reattach slave";
  if (plan.operation == "match-up" || plan.operation == "rematch") return "match-below";
  return plan.operation;
}

// The other one of two co-masters has a say when replicas of `key` come or go.
void add_co_master(const Topology& topology, const InstanceKey& key, std::vector<InstanceKey>& keys) {
  const auto* known = topology.find(key);
  const auto* other = known == nullptr ? nullptr : topology.co_master_of(*known);
  if (other != nullptr) keys.push_back(other->instance.key);
}

std::vector<InstanceKey> with_master(const Topology& topology, const InstanceKey& key) {
  std::vector<InstanceKey> keys{key};
  const auto* known = topology.find(key);
  if (known == nullptr || !known->instance.is_replica()) return keys;
  keys.push_back(known->instance.master_key());
  add_co_master(topology, known->instance.master_key(), keys);
  return keys;
}

std::vector<InstanceKey> with_replicas(const Topology& topology, const InstanceKey& key,
                                       const Filter& filter) {
  std::vector<InstanceKey> keys{key};
  const auto* known = topology.find(key);
  if (known == nullptr) return keys;
  for (const auto* replica : topology.replicas_of(*known)) {
    if (!filter || filter(replica->instance.key)) keys.push_back(replica->instance.key);
  }
  add_co_master(topology, key, keys);
  return keys;
}

// Servers end their messages with a full stop, or with none.
std::string_view without_stop(std::string_view sentence) {
  while (sentence.ends_with('.') || sentence.ends_with(' ')) sentence.remove_suffix(1);
  return sentence;
}

// Of an operation that failed.
std::string what_was_undone(const Report& report) {
  if (!report.outcome.left.empty()) return ". Not as it was: " + describe(report.outcome.left);
  bool only_starts = true;
  for_each_step(report.plan, [&](const Step& step) {
    only_starts = only_starts && std::holds_alternative<StartReplication>(step);
  });
  return only_starts ? "" : ". All is as it was";
}

}  // namespace

// What is known of the cluster, with what was read just now laid over it.
struct Refactoring::Facts {
  std::unordered_map<InstanceKey, KnownInstance> known;
  std::unordered_map<InstanceKey, Instance> read;
  std::unordered_set<InstanceKey> asked;  // whether they answered or not

  [[nodiscard]] Topology topology() const {
    std::vector<KnownInstance> all;
    all.reserve(known.size());
    for (const auto& [key, instance] : known) all.push_back(instance);
    return Topology(std::move(all));
  }
};

Refactoring::Refactoring(Context& context, Take take, MakeServers make_servers)
    : context_(context),
      take_(std::move(take)),
      make_servers_(make_servers ? std::move(make_servers) : [&context] { return live_servers(context); }) {}

// A query that fails says nothing: what the last poll measured then counts.
std::optional<std::chrono::seconds> Refactoring::measured_lag(Servers& servers,
                                                              const InstanceKey& key) const {
  try {
    return servers.measured_lag(key);
  } catch (const std::exception& error) {
    context_.log().warn("{}: SlaveLagQuery failed: {}", key.display(), error.what());
    return std::nullopt;
  }
}

// Those that do not answer stay as the backend knows them, but for the check, which is not valid.
void Refactoring::read(Servers& servers, const std::vector<InstanceKey>& keys, Facts& facts) const {
  struct Read {
    std::optional<Instance> instance;
    std::string error;
    std::optional<std::chrono::seconds> lag;
  };
  std::vector<Read> reads(keys.size());
  in_parallel(keys.size(), reads_at_once, [&](std::size_t i) {
    try {
      reads[i].instance = servers.read(keys[i]);
      reads[i].lag = measured_lag(servers, keys[i]);
    } catch (const std::exception& error) {
      reads[i].error = error.what();
    }
  });
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto& known = facts.known[keys[i]];
    known.last_check_error = reads[i].error;
    known.last_check_valid = reads[i].instance.has_value();
    if (!reads[i].instance) continue;
    known.since_last_checked = known.since_last_seen = std::chrono::seconds(0);
    auto& read = *reads[i].instance;
    read.cluster_name = known.instance.cluster_name;
    read.replication_depth = known.instance.replication_depth;
    read.is_co_master = known.instance.is_co_master;
    if (!context_.configuration().slave_lag_query.empty())
      read.slave_lag = reads[i].lag ? reads[i].lag : known.instance.slave_lag;
    known.instance = facts.read[keys[i]] = std::move(read);
  }
}

Refactoring::Facts Refactoring::read_facts(Servers& servers, const InstanceKey& subject,
                                           const Concerned& concerned,
                                           const std::vector<std::int64_t>& own_locks,
                                           const std::unordered_map<InstanceKey, std::string>& silent) const {
  auto& instances = context_.store().instances();
  const auto stored = instances.read(subject);
  if (!stored) {
    throw Error(Code::not_found,
                fmt::format("Instance not found: {}; `discover` makes an instance known", subject.display()));
  }
  Facts facts;
  for (auto& known : instances.read_cluster(stored->instance.cluster_name)) {
    auto key = known.instance.key;
    facts.known.insert_or_assign(std::move(key), std::move(known));
  }
  // What is read may show that others are concerned: a replica that has another master by now.
  constexpr int most_rounds = 3;
  for (int round = 0; round < most_rounds; ++round) {
    auto keys = concerned(facts.topology());
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::erase_if(keys, [&](const auto& key) { return !facts.asked.insert(key).second; });
    if (keys.empty()) break;
    for (const auto& key : keys) {
      if (facts.known.contains(key)) continue;
      if (auto known = instances.read(key)) facts.known.insert_or_assign(key, std::move(*known));
    }
    std::erase_if(keys, [&](const auto& key) {
      const auto found = silent.find(key);
      if (found == silent.end()) return false;
      facts.known[key].last_check_error = found->second;
      facts.known[key].last_check_valid = false;
      return true;
    });
    read(servers, keys, facts);
  }
  note_locks(facts, own_locks);
  const auto& now = facts.known[subject];
  if (facts.asked.contains(subject) && !now.last_check_valid)
    throw Error(Code::unreachable, now.last_check_error);
  return facts;
}

Report Refactoring::carry_out(const InstanceKey& subject, const Concerned& concerned,
                              const MakePlan& make_plan, const Request& request, const Complete& complete) {
  if (!request.dry_run)
    context_.configuration().throw_if_read_only(fmt::format("Changing {}", subject.display()));
  const auto servers = make_servers_();
  std::unordered_map<InstanceKey, std::string> silent;
  const PlanAgain make = [&](const std::vector<std::int64_t>& own_locks) {
    auto facts = read_facts(*servers, subject, concerned, own_locks, silent);
    for (const auto& key : facts.asked) {
      if (!facts.read.contains(key)) silent.emplace(key, facts.known[key].last_check_error);
    }
    try {
      auto plan = make_plan(facts.topology());
      if (complete) complete(*servers, plan, facts.read);
      return std::pair(std::move(plan), std::move(facts));
    } catch (const Error& error) {
      if (error.code() == Code::refused && own_locks.empty()) tell_locks(facts);
      throw;
    }
  };
  Report report;
  auto [plan, facts] = make({});
  report.plan = std::move(plan);
  report.subject = facts.known[subject].instance;
  report.former_master = report.subject.master_key();
  report.was_dry_run = request.dry_run;
  if (request.dry_run) {
    foresee(report.plan, facts);
    return report;
  }
  if (report.plan.strands.empty()) return report;

  const auto tell = [&](Progress::State state, std::string text) {
    if (watcher_) watcher_({report.plan.operation, subject, state, std::move(text)});
  };
  tell(Progress::State::begun, "");
  try {
    carry_out_plan(*servers, report, make, request);
  } catch (const std::exception& error) {
    tell(Progress::State::failed, error.what());
    throw;
  }
  for (const auto& instance : report.outcome.now)
    if (instance.key == subject) report.subject = instance;
  try {
    if (take_) {
      take_(report.outcome.now);
      // With what only a poll reads.
      if (const auto taken = context_.store().instances().read(subject)) report.subject = taken->instance;
    }
  } catch (const std::exception& error) {
    context_.log().error("{}: what was changed is not in the backend yet: {}", report.plan.operation,
                         error.what());
  }
  if (!report.outcome.moved.empty() || report.outcome.failed.empty()) {
    audit(report, "");
    tell(Progress::State::done, describe(report));
    return report;
  }
  const auto& first = report.outcome.failed.front();
  const auto message = fmt::format("{} {}: {}{}", report.plan.operation, subject.display(),
                                   without_stop(first.reason), what_was_undone(report));
  audit(report, message);
  tell(Progress::State::failed, message);
  throw Error(first.code, message);
}

void Refactoring::carry_out_plan(Servers& servers, Report& report, const PlanAgain& plan_again,
                                 const Request& request) {
  Locks locks(context_, report.plan.locks, request.owner);
  auto [now, facts] = plan_again(locks.ids());
  std::unordered_set<InstanceKey> held;
  for (const auto& lock : report.plan.locks) held.insert(lock.server);
  for (const auto& lock : now.locks) {
    if (!held.contains(lock.server)) {
      throw Error(Code::refused,
                  fmt::format("{} {}: servers have changed just now, and it would also concern "
                              "{}; nothing was touched, try again",
                              now.operation, now.subject.display(), lock.server.display()));
    }
  }
  report.plan = std::move(now);
  report.subject = facts.known[report.plan.subject].instance;
  report.former_master = report.subject.master_key();
  Journal journal(context_, report.plan, request.owner, locks.ids());
  const Renewal renewal(context_, [&] {
    locks.renew();
    journal.renew();
  });
  auto options = execution_options();
  options.require_held = [&locks](const InstanceKey& server, const InstanceKey& master) {
    locks.require_held({server, master});
  };
  options.note = [&journal](const OperationServer& server) { journal.note(server); };
  options.on_decided = [&](const Plan& plan) {
    journal.decided(plan);
    if (request.on_candidate && plan.candidate.valid()) request.on_candidate(plan.candidate);
  };
  options.on_step = [&](const std::string& step) {
    if (watcher_) watcher_({report.plan.operation, report.plan.subject, Progress::State::step, step});
    if (on_step_) on_step_(step);
  };
  options.account = request.account;
  report.outcome = execute(servers, report.plan, facts.read, options, context_.log());
  journal.close(report.outcome);
}

void Refactoring::note_locks(Facts& facts, const std::vector<std::int64_t>& own) const {
  const std::unordered_set<std::int64_t> owned(own.begin(), own.end());
  for (const auto& held : context_.store().maintenance().active()) {
    if (owned.contains(held.id)) continue;
    const auto found = facts.known.find(held.key);
    if (found != facts.known.end()) note_lock(held, found->second);
  }
}

// What a plan that decides on the way would decide now.
void Refactoring::foresee(Plan& plan, const Facts& facts) const {
  if (!plan.decide) return;
  std::vector<Instance> now;
  for (const auto& strand : plan.strands) now.push_back(facts.read.at(strand.replica));
  apply(plan.decide(now), plan);
  plan.decision += "; as they are now:";
}

// Somebody else's operation may be why a rule says no: who it is, is what helps.
void Refactoring::tell_locks(const Facts& facts) const {
  for (const auto& held : context_.store().maintenance().active()) {
    if (facts.read.contains(held.key)) throw Error(Code::locked, describe(held));
  }
}

ExecutionOptions Refactoring::execution_options() const {
  ExecutionOptions options;
  const auto& configured = context_.configuration();
  options.start_wait = configured.slave_start_post_wait;
  options.connect_wait = configured.instance_bulk_operations_wait_timeout;
  options.match_wait = options.connect_wait;
  if (!configured.pseudo_gtid_pattern.empty())
    options.pseudo_gtid = std::make_shared<const pgtid::Pattern>(configured.pseudo_gtid_pattern);
  options.known_places = [this](const InstanceKey& key, LogType type) {
    return known_places(context_, key, type);
  };
  options.on_step = on_step_;
  return options;
}

void Refactoring::audit(const Report& report, const std::string& failure) const {
  try {
    until_stored([&] {
      context_.store().audit().write(audit_type(report.plan), report.plan.subject,
                                     failure.empty() ? describe(report) : "failed: " + failure);
    });
  } catch (const std::exception& error) {
    context_.log().error("{} is not in the audit: {}", report.plan.operation, error.what());
  }
}

Report Refactoring::move_up(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica, [&](const Topology& topology) { return with_master(topology, replica); },
      [&](const Topology& topology) {
        return plan_move_up(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::move_up_replicas(const InstanceKey& master, const Request& request) {
  return carry_out(
      master, [&](const Topology& topology) { return with_replicas(topology, master, request.filter); },
      [&](const Topology& topology) {
        return plan_move_up_replicas(topology, master, request.filter, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::move_below(const InstanceKey& replica, const InstanceKey& sibling,
                               const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        std::vector keys{replica, sibling};
        add_co_master(topology, sibling, keys);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_move_below(topology, replica, sibling, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::enslave_siblings(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica,
      [&](const Topology& topology) {
        const auto* known = topology.find(replica);
        if (known == nullptr || !known->instance.is_replica()) return std::vector{replica};
        const auto master = known->instance.master_key();
        auto keys = with_replicas(topology, master, {});
        std::erase(keys, master);
        keys.push_back(replica);
        add_co_master(topology, replica, keys);
        return keys;
      },
      [&](const Topology& topology) {
        return plan_enslave_siblings(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::enslave_master(const InstanceKey& replica, const Request& request) {
  return carry_out(
      replica, [&](const Topology& topology) { return with_master(topology, replica); },
      [&](const Topology& topology) {
        return plan_enslave_master(topology, replica, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::repoint(const InstanceKey& replica, const std::optional<InstanceKey>& master,
                            const Request& request) {
  const auto is_renamed = [&](const Topology& topology) {
    const auto* known = topology.find(replica);
    const auto present = known == nullptr ? InstanceKey{} : known->instance.master_key();
    return master && present.valid() && present != *master && make_servers_()->are_same(present, *master);
  };
  return carry_out(
      replica,
      [&](const Topology& topology) {
        return master ? std::vector{replica, *master} : with_master(topology, replica);
      },
      [&](const Topology& topology) {
        return plan_repoint(topology, replica, master, rule_limits(context_.configuration()),
                            is_renamed(topology));
      },
      request);
}

Report Refactoring::repoint_replicas(const InstanceKey& master, const Request& request) {
  return carry_out(
      master, [&](const Topology& topology) { return with_replicas(topology, master, request.filter); },
      [&](const Topology& topology) {
        return plan_repoint_replicas(topology, master, request.filter, rule_limits(context_.configuration()));
      },
      request);
}

Report Refactoring::make_co_master(const InstanceKey& replica, const Request& request) {
  auto completed = request;
  return carry_out(
      replica, [&](const Topology& topology) { return with_master(topology, replica); },
      [&](const Topology& topology) {
        return plan_make_co_master(topology, replica, rule_limits(context_.configuration()));
      },
      completed,
      [&](Servers& servers, Plan& plan, const auto& read) {
        completed.account = account_of_co_master(servers, plan, read, completed.account);
      });
}

Report Refactoring::carry_out_on(const InstanceKey& key, const MakePlan& make_plan, const Request& request) {
  return carry_out(
      key, [&](const Topology&) { return std::vector{key}; }, make_plan, request);
}

Report Refactoring::stop(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_stop_replication(t, replica); }, request);
}
Report Refactoring::stop_nicely(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_stop_nicely(t, replica); }, request);
}
Report Refactoring::start(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_start_replication(t, replica); }, request);
}
Report Refactoring::restart(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_restart_replication(t, replica); }, request);
}
Report Refactoring::skip_query(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_skip_query(t, replica); }, request);
}
Report Refactoring::reset(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_reset_replica(t, replica); }, request);
}
Report Refactoring::detach(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_detach_replica(t, replica); }, request);
}
Report Refactoring::reattach(const InstanceKey& replica, const Request& request) {
  return carry_out_on(
      replica, [&](const auto& t) { return plan_reattach_replica(t, replica); }, request);
}
Report Refactoring::set_read_only(const InstanceKey& instance, bool read_only, const Request& request) {
  return carry_out_on(
      instance, [&](const auto& t) { return plan_set_read_only(t, instance, read_only); }, request);
}
Report Refactoring::kill_query(const InstanceKey& instance, std::uint64_t process, const Request& request) {
  return carry_out_on(
      instance, [&](const auto& t) { return plan_kill_query(t, instance, process); }, request);
}

namespace {

std::shared_ptr<const RE2> compiled(std::string_view pattern) {
  auto matcher = std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet);
  if (matcher->ok()) return matcher;
  throw Error(Code::invalid_argument,
              fmt::format("Cannot use \"{}\" as a pattern: {}; expected a regular expression in RE2 syntax",
                          pattern, matcher->error()));
}

}  // namespace

Filter matching(std::string_view pattern) {
  if (pattern.empty()) return {};
  return [matcher = compiled(pattern)](const InstanceKey& key) {
    return RE2::PartialMatch(key.display(), *matcher);
  };
}

Filter matching_host(std::string_view pattern) {
  if (pattern.empty()) return {};
  return [matcher = compiled(pattern)](const InstanceKey& key) {
    return RE2::PartialMatch(key.hostname(), *matcher);
  };
}

}  // namespace topo::refactor
