#include "topo/topology/received.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "topo/base/error.h"
#include "topo/model/gtid_list.h"
#include "topo/model/gtid_set.h"
#include "topo/topology/comparison.h"
#include "topo/topology/rules.h"
#include "topology/requirements.h"

namespace topo {
namespace {

const BinlogCoordinates& most_received(const Instance& replica) {
  const auto& read = replica.replication()->read;
  return has_lost_received(replica) ? replica.received_most : read;
}

// As if it had executed what is in its relay logs.
Instance with_relay_logs(Instance replica) {
  for (auto& channel : replica.channels) channel.exec = std::max(channel.exec, channel.read);
  return replica;
}

std::string gtids_with_relay_logs(const Instance& replica) {
  const auto& executed = replica.executed_gtid_set;
  const auto& received = replica.replication()->received_gtids;
  try {
    if (is_mariadb(replica.version))
      return GtidList::parse(executed).united(GtidList::parse(received)).position().text();
    return GtidSet::parse(executed).united(GtidSet::parse(received)).text();
  } catch (const Error&) {
    return executed;  // whoever compares them says what is wrong
  }
}

std::string why_stuck(const Instance& replica, bool lifts_delay) {
  const auto& channel = *replica.replication();
  if (channel.sql_delay.count() > 0 && !lifts_delay) return describe_delay(replica);
  if (channel.last_sql_error.empty()) return "";
  return fmt::format("its SQL thread has stopped with an error: {}", channel.last_sql_error);
}

}  // namespace

std::string describe_delay(const Instance& replica) {
  const auto refusal = why_not_lift_delay(replica);
  return fmt::format("it is delayed by {} s{}{}", replica.replication()->sql_delay.count(),
                     refusal ? "; " : "", refusal ? refusal->reason : "");
}

Instance as_drained(const Instance& replica, bool lifts_delay) {
  const auto* channel = replica.replication();
  if (channel == nullptr || channel->read <= channel->exec) return replica;
  auto why_not = why_stuck(replica, lifts_delay);
  if (why_not.empty()) {
    auto drained = with_relay_logs(replica);
    drained.executed_gtid_set = gtids_with_relay_logs(replica);
    return drained;
  }
  auto stuck = replica;
  for (auto& one : stuck.channels)
    if (&one == stuck.replication()) one.why_not_drained = why_not;
  return stuck;
}

bool has_lost_received(const Instance& replica) noexcept {
  const auto* channel = replica.replication();
  return channel != nullptr && !replica.received_most.empty() && channel->read < replica.received_most;
}

std::string describe_lost_received(const Instance& replica, std::string_view subject,
                                   std::string_view master) {
  if (!has_lost_received(replica)) return "";
  const auto& read = replica.replication()->read;
  return fmt::format(
      "{} had received events of {} up to {}, and has lost them: it has received {}", subject, master,
      replica.received_most.display(),
      read.empty() ? "nothing since its relay logs were recreated" : "up to " + read.display());
}

std::vector<std::string> received_by_none(const std::vector<KnownInstance>& known,
                                          const std::vector<Instance>& readable) {
  std::map<std::string, Instance> holders;  // of each log, the one that has most
  for (const auto& one : readable) {
    auto holder = with_relay_logs(one);
    const auto& executed = progress_of(holder, ReplicaProgress::executed);
    const auto [found, is_new] = holders.try_emplace(log_of(holder, executed), holder);
    if (!is_new && progress_of(found->second, ReplicaProgress::executed) < executed)
      found->second = std::move(holder);
  }
  std::vector<std::string> sentences;
  for (const auto& one : known) {
    const auto& replica = one.instance;
    if (replica.replication() == nullptr || (one.last_check_valid && !has_lost_received(replica))) continue;
    const auto& most = most_received(replica);
    const auto has_it = [&](const auto& one_of_log) {
      const Instance& holder = one_of_log.second;
      return holder.key != replica.key && has_executed_to(holder, replica, most);
    };
    const bool is_there = most.empty() || std::ranges::any_of(holders, has_it);
    if (is_there) continue;
    const auto name = replica.key.display();
    const auto master = display_of(replica.replication()->master);
    sentences.push_back(fmt::format(
        "{}; no replica that can be read is known to have them",
        one.last_check_valid ? describe_lost_received(replica, name, master)
                             : fmt::format("{}, which cannot be read, had received events of {} up to {}",
                                           name, master, most.display())));
  }
  return sentences;
}

}  // namespace topo
