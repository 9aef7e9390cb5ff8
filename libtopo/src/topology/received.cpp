#include "topo/topology/received.h"

#include <fmt/format.h>

#include <algorithm>

#include "topo/topology/comparison.h"
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

}  // namespace

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
  std::vector<Instance> holders;
  for (const auto& one : readable) holders.push_back(with_relay_logs(one));
  std::vector<std::string> sentences;
  for (const auto& one : known) {
    const auto& replica = one.instance;
    if (replica.replication() == nullptr || (one.last_check_valid && !has_lost_received(replica))) continue;
    const auto& most = most_received(replica);
    const bool is_there = most.empty() || std::ranges::any_of(holders, [&](const Instance& holder) {
                            return holder.key != replica.key && has_executed_to(holder, replica, most);
                          });
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
