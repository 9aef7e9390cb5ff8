#include "refactor/matcher.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <thread>

#include "topo/base/error.h"

namespace topo::refactor {
namespace {

// True also with a dead master: the server may still execute what it has received.
bool is_getting_on(const ReplicationState& replication) {
  if (!replication.channel || replication.channel->sql_thread != ThreadState::running) return false;
  return replication.channel->io_thread == ThreadState::running ||
         replication.channel->exec != replication.channel->read;
}

}  // namespace

Matcher::Group& Matcher::group_of(const InstanceKey& replica, const ReplicationState& replication,
                                  const InstanceKey& other) {
  // A server without a master is alone at its place.
  const auto name = replication.channel ? fmt::format("{} {} {}", display_of(replication.channel->master),
                                                      replication.channel->exec.display(), other.display())
                                        : fmt::format("{} {}", replica.display(), other.display());
  const std::lock_guard lock(mutex_);
  auto& group = groups_[name];
  if (!group) group = std::make_unique<Group>();
  return *group;
}

std::vector<BinlogCoordinates> Matcher::starts(const InstanceKey& key, LogType type) const {
  if (!options_.known_coordinates) return {};
  return options_.known_coordinates(key, type);
}

pgtid::Verdict Matcher::verdict_by(LogType type, const Instance& replica, const ReplicationState& replication,
                                   const Instance& other, const std::string& newest, bool was_master) {
  const auto own_logs = servers_.logs(replica, type);
  const auto other_logs = servers_.logs(other, LogType::binary);
  const auto& end =
      type == LogType::binary || !replication.channel ? replication.log_end : replication.channel->relay;
  if (end.empty()) return pgtid::NotFound{"there is no log to search"};
  const pgtid::OwnLogs own{*own_logs, end, starts(replica.key, type)};
  const pgtid::OtherLogs others{*other_logs, newest, starts(other.key, LogType::binary)};
  if (was_master && options_.is_injected)
    return pgtid::match_last_common(own, others, *options_.pseudo_gtid,
                                    {.is_injected = options_.is_injected});
  auto verdict = pgtid::match(own, others, *options_.pseudo_gtid);
  // A relay log has nothing of the replica itself.
  if (auto* match = std::get_if<pgtid::Match>(&verdict); match != nullptr && type == LogType::relay)
    match->next.reset();
  return verdict;
}

pgtid::Verdict Matcher::verdict(const Instance& replica, const ReplicationState& replication,
                                const Instance& other, const std::string& newest, bool was_master) {
  std::string reasons;
  for (const auto type : logs_to_match_by(replica, other)) {
    if (type == LogType::relay && !replication.channel) continue;
    auto verdict = verdict_by(type, replica, replication, other, newest, was_master);
    const auto* not_found = std::get_if<pgtid::NotFound>(&verdict);
    if (not_found == nullptr) return verdict;
    reasons += fmt::format("{}by its {} logs {}", reasons.empty() ? "" : "; ",
                           type == LogType::binary ? "binary" : "relay", not_found->reason);
  }
  return pgtid::NotFound{reasons};
}

bool may_look_alike(Servers& servers, const Instance& other, const pgtid::Match& match) {
  return !match.by_gtid && servers.commits_out_of_order(other);
}

void Matcher::require_order(const Instance& other, const pgtid::Match& match) {
  if (!may_look_alike(servers_, other, match)) return;
  throw Error(
      Code::refused,
      fmt::format("nothing can be matched below {}: it may commit in another order than its master "
                  "(replica_preserve_commit_order is off), and without GTIDs its log is not sufficient",
                  other.key.display()),
      results::cannot_be_compared);
}

namespace {

// Servers skip the events of their own server id (replicate_same_server_id). Those of a co-master are on
// their way back to it.
const BinlogCoordinates& require_nothing_lost(const Instance& replica, const Instance& other,
                                              const pgtid::Match& match) {
  const auto& next = match.next;
  if (!next || next->server_id != replica.server_id || replica.server_id == 0 || replica.is_co_master)
    return match.coordinates;
  throw Error(
      Code::refused,
      fmt::format("{} cannot be matched below {}: its log ends where that of {} goes on with {} \"{}\" at "
                  "{}, of its own server id, {}. It has lost what it had committed itself, and no "
                  "server replicates that: it must be rebuilt from a backup or a clone of {}",
                  replica.key.display(), other.key.display(), other.key.display(), next->type, next->text,
                  next->at.display(), next->server_id, other.key.display()),
      results::errant_transactions);
}

}  // namespace

BinlogCoordinates Matcher::coordinates(const Instance& replica, const ReplicationState& replication,
                                       const Instance& other, bool was_master) {
  using std::chrono::milliseconds;
  constexpr milliseconds first_pause{10}, longest_pause{320};
  if (!options_.pseudo_gtid) throw Error(Code::refused, "PseudoGTIDPattern is not configured");
  auto& group = group_of(replica.key, replication, other.key);
  const std::lock_guard lock(group.mutex);
  if (group.match) return require_nothing_lost(replica, other, *group.match);
  const auto deadline = std::chrono::steady_clock::now() + options_.match_wait;
  const auto name = replica.key.display();
  for (auto pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    // Read before the log: what the server executes meanwhile is a reason to read the log again.
    const auto before = servers_.look(other, {.log_end = true});
    if (before.log_end.empty())
      throw Error(Code::refused, fmt::format("{} has no binary log", other.key.display()),
                  results::cannot_be_compared);
    pgtid::Verdict found;
    try {
      found = verdict(replica, replication, other, before.log_end.file, was_master);
    } catch (const pgtid::LogError& error) {
      throw Error(Code::sql,
                  fmt::format("{} cannot be matched below {}: {}", name, other.key.display(), error.what()),
                  results::purged);
    }
    if (auto* match = std::get_if<pgtid::Match>(&found)) {
      require_order(other, *match);
      log_.info(fmt::format("{} below {}: {}", name, other.key.display(), pgtid::describe(found)));
      return require_nothing_lost(replica, other, group.match.emplace(std::move(*match)));
    }
    const bool may_come = std::holds_alternative<pgtid::Ahead>(found) &&
                          std::chrono::steady_clock::now() < deadline && is_getting_on(before);
    if (!may_come) {
      const bool is_unknown = std::holds_alternative<pgtid::NotFound>(found);
      throw Error(
          Code::refused,
          fmt::format("{} cannot be matched below {}: {}", name, other.key.display(), pgtid::describe(found)),
          is_unknown ? results::cannot_be_compared : results::errant_transactions);
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace topo::refactor
