// Polls: what a worker does with a key that is due.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_set>

#include "base/shown_text.h"
#include "discovery/engine.h"
#include "topo/inspect/host_names.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/pool.h"

namespace topo {

namespace {

// Time limit of a whole poll in the live lane.
constexpr std::chrono::seconds short_patience{1};

// How long an alias found by DetectClusterAliasQuery is not registered again.
constexpr std::chrono::minutes alias_memory{1};

// Many replicas that move below one master have it read at most this often.
constexpr std::chrono::seconds new_master_read_for{1};

void remove_repeats(std::vector<std::string>& texts) {
  std::unordered_set<std::string> seen;
  std::erase_if(texts, [&](const auto& text) { return !seen.insert(text).second; });
}

bool is_timeout(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  return known != nullptr && known->code() == Code::timeout;
}

}  // namespace

// A slow server may be slow again: it counts as quick only after several quick polls.
void Discovery::Engine::note_time(Task& task, std::chrono::nanoseconds time) {
  constexpr unsigned enough = 3;
  task.quick_polls = time < short_patience / 2 ? task.quick_polls + 1 : 0;
  if (task.quick_polls == 0) task.slow = time > short_patience;
  if (task.quick_polls >= enough) task.slow = false;
}

// Returns false if the key is no longer polled.
bool Discovery::Engine::moves_to_slow_lane(const InstanceKey& key, SteadyTime due,
                                           std::vector<Waiter>& waiters) {
  const std::lock_guard lock(mutex_);
  const auto found = tasks_.find(key);
  if (stopping_ || found == tasks_.end()) return false;
  auto& task = found->second;
  task.in_flight = false;
  task.slow = true;
  task.quick_polls = 0;
  task.waiters.insert(task.waiters.begin(), std::make_move_iterator(waiters.begin()),
                      std::make_move_iterator(waiters.end()));
  waiters.clear();
  poll_at(key, due);
  return true;
}

void Discovery::Engine::poll(const InstanceKey& key, Patience patience) {
  const auto began = std::chrono::steady_clock::now();
  SteadyTime due;
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto task = tasks_.find(key);
    if (task == tasks_.end() || task->second.in_flight || stopping_) return;
    task->second.in_flight = true;
    due = task->second.due;
    waiters.swap(task->second.waiters);
  }

  PollOutcome outcome{key, {}, nullptr};
  InspectionCost cost;
  std::optional<Instance> instance;
  bool is_failure = false;
  std::chrono::nanoseconds read_time{0};
  try {
    const auto end_by = patience == Patience::brief ? std::optional(began + short_patience) : std::nullopt;
    instance = read_named(key, !waiters.empty(), cost, outcome.key, end_by);
    read_time = std::chrono::steady_clock::now() - began;
  } catch (const std::exception& e) {
    if (patience == Patience::brief && is_timeout(e) && moves_to_slow_lane(key, due, waiters)) return;
    is_failure = true;
    outcome.error = std::current_exception();
    if (context_.is_polling_interrupted()) {
      outcome.error = std::make_exception_ptr(Error(Code::refused, "The discovery is being stopped"));
    } else {
      failed(outcome.key, e, !waiters.empty());
    }
  }
  if (instance) {
    try {
      keep_unread(*instance);
      record_read(std::move(*instance), began, outcome);
    } catch (const std::exception& e) {
      // A backend error says nothing about the server, which is read again at its next turn.
      outcome.error = std::current_exception();
      context_.log().error(fmt::format("{}: {}", key.display(), e.what()));
    }
  }

  {
    const std::lock_guard lock(mutex_);
    ++statistics_.polls;
    if (is_failure) ++statistics_.failed_polls;
    statistics_.requests += cost.requests;
    statistics_.connects += cost.connected ? 1 : 0;
    statistics_.poll_times.add(std::chrono::steady_clock::now() - began);
    statistics_.lateness += began - due;
    if (const auto task = tasks_.find(key); task != tasks_.end()) {
      if (!is_failure && task->second.failures > 0) {
        context_.log().info(
            fmt::format("{} answers again, after {} failures", key.display(), task->second.failures));
      }
      if (instance) note_time(task->second, read_time);
      reschedule(key, task->second, is_failure);
    }
  }
  tell(waiters, outcome);
}

void Discovery::Engine::neighbours_of(const Instance& instance, std::vector<InstanceKey>& keys) const {
  for (const auto& channel : instance.channels) {
    if (channel.master) keys.push_back(*channel.master);
  }
  keys.insert(keys.end(), instance.replica_hosts.begin(), instance.replica_hosts.end());
  std::erase(keys, instance.key);
}

// Keeps the stored channels and replicas if the server refused to report them: else it would seem to have
// become a master, or to have lost its replicas.
void Discovery::Engine::keep_unread(Instance& instance) {
  if (!instance.replication_unread && !instance.replica_hosts_unread) return;
  const auto stored = context_.store().instances().read(instance.key);
  if (!stored) return;
  if (instance.replication_unread) instance.channels = stored->instance.channels;
  if (instance.replica_hosts_unread) instance.replica_hosts = stored->instance.replica_hosts;
}

void Discovery::Engine::say_warnings(Member& member, const Instance& instance) {
  for (const auto& warning : instance.warnings) {
    const bool said =
        std::find(member.warnings.begin(), member.warnings.end(), warning) != member.warnings.end();
    if (!said) context_.log().warn(fmt::format("{}: {}", instance.key.display(), warning));
  }
  member.warnings = instance.warnings;
}

void Discovery::Engine::record_read(Instance instance, std::optional<SteadyTime> began,
                                    PollOutcome& outcome) {
  bool heads_cluster = false, is_master_in_doubt = false;
  const auto injected = injected_.names();
  {
    const std::lock_guard lock(mutex_);
    // Meanwhile proven to be an alias: the other instance has the same facts.
    outcome.key = fleet_.canonical(instance.key);
    if (outcome.key != instance.key) return;
    // Replaces the names of its neighbours by their known names.
    for (auto& channel : instance.channels) {
      if (channel.master) channel.master = fleet_.mentioned(*channel.master);
    }
    for (auto& host : instance.replica_hosts) host = fleet_.mentioned(host);
    std::sort(instance.replica_hosts.begin(), instance.replica_hosts.end());
    const auto repeats = std::unique(instance.replica_hosts.begin(), instance.replica_hosts.end());
    instance.replica_hosts.erase(repeats, instance.replica_hosts.end());
    neighbours_of(instance, outcome.neighbours);

    const Member* member = fleet_.find(instance.key);
    const bool is_new = member == nullptr || !member->stored;
    if (!instance.cluster_alias_read && member != nullptr)
      instance.suggested_cluster_alias = member->suggested_alias;
    // An operation (`began` is unknown) has read the new master itself.
    const auto new_master =
        began ? fleet_.new_master_to_read(instance, new_master_read_for) : std::optional<InstanceKey>{};
    auto moved = fleet_.update(instance);
    instance.received_most = received_.note(instance, began, steady_now());
    instance.errant_gtids = gtids_.note(instance, fleet_.is_in_ring(instance.key), began, steady_now());
    if (injected->contains(instance.cluster_name)) instance.using_pseudo_gtid = true;
    is_master_in_doubt = warn_of_other_master(instance);
    warn_of_look_alikes(instance);
    warn_of_same_alias(instance);
    remove_repeats(instance.warnings);  // after an operation they come from the store and include these
    say_warnings(*fleet_.find(instance.key), instance);
    heads_cluster = instance.replication_depth == 0;
    if (is_new) context_.log().info(fmt::format("Discovered {}", instance.key.display()));
    writer_.add(SeenInstance{instance, is_new});
    for (auto& assignment : moved) writer_.add(std::move(assignment));
    if (polling_) {
      for (const auto& neighbour : outcome.neighbours) schedule_neighbour(neighbour);
      if (new_master) poll_at(*new_master, steady_now());
      if (!tasks_.contains(instance.key)) poll_at(instance.key, next_slot(instance.key));
    }
  }
  // The cached name of its master is probably outdated: the next poll uses the name resolved now.
  if (is_master_in_doubt) (void)context_.names().resolve_now(*instance.replication()->reported_master);
  if (!heads_cluster) return;
  try {
    detect_alias(instance);
  } catch (const Error& e) {
    // The read is still written to the backend; a later poll detects the alias again.
    context_.log().error(fmt::format("{}: {}", instance.key.display(), e.what()));
  }
}

// Registers the alias that the head of a cluster reports when it changes; again after a while, as a user may
// have set the alias by hand; and at each poll while another head reports the same alias.
void Discovery::Engine::detect_alias(const Instance& instance) {
  if (!instance.cluster_alias_read) return;
  const auto& cluster = instance.cluster_name;
  const auto now = std::chrono::steady_clock::now();
  DetectedAlias detected{instance.suggested_cluster_alias, cluster, now};
  bool has_changed = true;
  {
    const std::lock_guard lock(mutex_);
    const auto known = detected_aliases_.find(cluster);
    has_changed = known == detected_aliases_.end() || known->second.alias != detected.alias;
    const bool is_settled = !has_changed && known->second.owner == cluster &&
                            now - known->second.at < alias_memory &&
                            fleet_.others_with(discovery::alias_mark(detected.alias), instance.key).empty();
    if (is_settled) return;
  }
  if (has_changed) writer_.flush();  // the store decides by the stored facts of the head
  if (detected.alias.empty())
    context_.store().clusters().withdraw_alias(cluster);
  else
    detected.owner = context_.store().clusters().detect_alias(cluster, detected.alias);
  const std::lock_guard lock(mutex_);
  detected_aliases_[cluster] = std::move(detected);
}

// Warns for clusters whose heads report the same alias. Both get the warning, as neither knows of the other.
void Discovery::Engine::warn_of_same_alias(Instance& instance) const {
  const auto& alias = instance.suggested_cluster_alias;
  const auto& cluster = instance.cluster_name;
  if (alias.empty() || cluster != instance.key.display()) return;
  // A replica whose master has not been read yet heads a cluster only until then.
  const auto heads_for_now = [this](const InstanceKey& key) {
    const auto& members = fleet_.members();
    const auto member = members.find(key);
    if (member == members.end() || !member->second.master) return false;
    const auto master = members.find(*member->second.master);
    return master == members.end() || !master->second.stored;
  };
  if (heads_for_now(instance.key)) return;
  auto others = fleet_.others_with(discovery::alias_mark(alias), instance.key);
  std::erase_if(others, heads_for_now);
  // The cluster that has got the alias; "": none of them has been asked for it yet.
  std::string keeper;
  const auto take_keeper = [&](const std::string& name) {
    const auto known = detected_aliases_.find(name);
    if (keeper.empty() && known != detected_aliases_.end()) keeper = known->second.owner;
  };
  take_keeper(cluster);
  for (const auto& other : others) take_keeper(other.display());
  if (others.empty() && (keeper.empty() || keeper == cluster)) return;
  instance.warnings.push_back(
      fmt::format("The alias \"{}\" that DetectClusterAliasQuery gives for this cluster is also that of "
                  "{}{}; let the query give each cluster its own",
                  shown_text(alias), keeper.empty() || keeper == cluster ? others.front().display() : keeper,
                  keeper.empty()      ? ""
                  : keeper == cluster ? "; this one keeps it"
                                      : ", which keeps it"));
}

void Discovery::Engine::failed(const InstanceKey& key, const std::exception& why, bool is_awaited) {
  const std::lock_guard lock(mutex_);
  const auto task = tasks_.find(key);
  const bool first = task == tasks_.end() || task->second.failures == 0;
  // Waiters get the error anyway; only a polling node needs it in the log, too.
  const bool is_news = first && (active_ || !is_awaited);
  context_.log().log(is_news ? spdlog::level::warn : spdlog::level::debug, why.what());
  fleet_.note_failure(key);
  detected_aliases_.erase(key.display());  // another cluster may take it meanwhile
  const Member* member = fleet_.find(key);
  if (member != nullptr && member->stored) {
    writer_.add(FailedInstance{key, why.what(), mysql::read_failure_of(why)});
    return;
  }
  if (fleet_.has_running_replica(key)) {
    writer_.add(UnseenMaster{key});
    writer_.add(FailedInstance{key, why.what(), mysql::read_failure_of(why)});
    for (auto& assignment : fleet_.add_unseen(key)) writer_.add(std::move(assignment));
    return;
  }
  // No server has named it for a while: it is not polled again.
  constexpr std::chrono::minutes remembered{5};
  if (task != tasks_.end() && std::chrono::steady_clock::now() - task->second.mentioned_at > remembered) {
    task->second.periodic = false;
  }
}

}  // namespace topo
