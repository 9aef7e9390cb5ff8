#include "topo/topology/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <optional>
#include <string_view>
#include <utility>

#include "topo/base/error.h"
#include "topo/topology/gtids.h"
#include "topo/topology/topology.h"
#include "topology/requirements.h"

namespace topo {
namespace {

// Why coordinates of the two are not in one log, as a sentence; nullopt: they are.
std::optional<std::string> why_other_log(const Instance& one, const Instance& other) {
  const auto* channel = one.replication();
  const auto* of_other = other.replication();
  for (const auto& [instance, its] : {std::pair{&one, channel}, std::pair{&other, of_other}}) {
    if (its == nullptr || !its->has_master())
      return fmt::format("{} does not replicate", instance->key.display());
  }
  const bool is_one_server = !channel->master_uuid.empty() && channel->master_uuid == of_other->master_uuid;
  if (is_one_server) return std::nullopt;
  if (!channel->master || channel->master != of_other->master) {
    return fmt::format("{} replicates from {}, {} from {}", one.key.display(), display_of(channel->master),
                       other.key.display(), display_of(of_other->master));
  }
  const bool has_other_uuid = !channel->master_uuid.empty() && !of_other->master_uuid.empty() &&
                              channel->master_uuid != of_other->master_uuid;
  const bool has_other_id = channel->master_server_id != 0 && of_other->master_server_id != 0 &&
                            channel->master_server_id != of_other->master_server_id;
  if (has_other_uuid || has_other_id) {
    return fmt::format("the name {} has led {} and {} to different servers", display_of(channel->master),
                       one.key.display(), other.key.display());
  }
  return std::nullopt;
}

std::optional<std::string> why_no_order(const Instance& one, const BinlogCoordinates& here,
                                        const Instance& other, const BinlogCoordinates& there) {
  if (auto reason = why_other_log(one, other)) return reason;
  for (const auto& [instance, coordinates] : {std::pair{&one, &here}, std::pair{&other, &there}}) {
    if (coordinates->empty()) return fmt::format("no coordinates of {} are known", instance->key.display());
  }
  if (pgtid::log_name(here.file) != pgtid::log_name(there.file)) {
    return fmt::format("{} is at {} and {} at {}: the log was renamed", one.key.display(), here.display(),
                       other.key.display(), there.display());
  }
  return std::nullopt;
}

// What it has executed, without what it only has received.
Instance without_received(const Instance& replica) {
  auto executed = replica;
  for (auto& channel : executed.channels) channel.received_gtids.clear();
  return executed;
}

Comparison compare_by_gtid(const Instance& one, const Instance& other, ReplicaProgress progress,
                           const std::string& why_not_by_coordinates) {
  const auto unknown = [&](std::string_view reason) {
    return Comparison{
        Order::unknown, false,
        fmt::format("{}, and they cannot be compared by GTID: {}", why_not_by_coordinates, reason)};
  };
  for (const auto* instance : {&one, &other}) {
    if (const auto none = why_no_gtids(*instance)) return unknown(none->reason);
    // Of one that does not replicate by GTID, the set does not tell what it has executed.
    if (instance->executed_gtid_set.empty() && !by_gtid(*instance))
      return unknown(fmt::format("{} has executed nothing by GTID", instance->key.display()));
  }
  try {
    const bool counts_received = progress == ReplicaProgress::available;
    const auto lead = lead_by_gtid(one, counts_received ? other : without_received(other));
    const auto arrears = lead_by_gtid(other, counts_received ? one : without_received(one));
    const auto order = lead && arrears ? Order::diverged
                       : lead          ? Order::ahead
                       : arrears       ? Order::behind
                                       : Order::equal;
    const auto more = [](const Instance& has, const GtidLead& what, const Instance& lacks) {
      return fmt::format("{} has {} that {} lacks", has.key.display(), describe(what), lacks.key.display());
    };
    std::string reason;
    if (lead) reason = more(one, *lead, other);
    if (arrears) reason += (reason.empty() ? "" : ", and ") + more(other, *arrears, one);
    if (reason.empty())
      reason = fmt::format("{} and {} have the same by GTID", one.key.display(), other.key.display());
    return {order, false, std::move(reason)};
  } catch (const Error& error) {
    return unknown(error.what());
  }
}

Order as_order(std::strong_ordering order) {
  if (order == std::strong_ordering::equal) return Order::equal;
  return order == std::strong_ordering::less ? Order::behind : Order::ahead;
}

}  // namespace

const BinlogCoordinates& progress_of(const Instance& replica, ReplicaProgress progress) {
  static const BinlogCoordinates nothing;
  const auto* channel = replica.replication();
  if (channel == nullptr) return nothing;
  const bool is_well = channel->sql_thread != ThreadState::stopped && channel->sql_delay.count() == 0;
  return progress == ReplicaProgress::available && is_well ? channel->read : channel->exec;
}

Comparison compare_replicas(const Instance& one, const Instance& other, ReplicaProgress progress) {
  const auto& here = progress_of(one, progress);
  const auto& there = progress_of(other, progress);
  if (const auto reason = why_no_order(one, here, other, there))
    return compare_by_gtid(one, other, progress, *reason);
  const std::string_view verb = progress == ReplicaProgress::executed ? "executed" : "available";
  return {as_order(here <=> there), true,
          fmt::format("{} has {} up to {}, {} up to {}", one.key.display(), verb, here.display(),
                      other.key.display(), there.display())};
}

Order order_of_replicas(const Instance& one, const Instance& other, ReplicaProgress progress) {
  const auto& here = progress_of(one, progress);
  const auto& there = progress_of(other, progress);
  if (const auto reason = why_no_order(one, here, other, there))
    return compare_by_gtid(one, other, progress, *reason).order;
  return as_order(here <=> there);
}

bool has_executed_to(const Instance& replica, const Instance& from, const BinlogCoordinates& coordinates) {
  const auto& executed = progress_of(replica, ReplicaProgress::executed);
  return !why_no_order(replica, executed, from, coordinates) && coordinates <= executed;
}

std::string log_of(const Instance& replica, const BinlogCoordinates& coordinates) {
  const auto* channel = replica.replication();
  if (coordinates.empty() || channel == nullptr) return replica.key.display();
  return fmt::format("{} {} {} {}", display_of(channel->master), channel->master_uuid,
                     channel->master_server_id, pgtid::log_name(coordinates.file));
}

}  // namespace topo
