#include "topo/topology/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace topo {
namespace {

std::string describe(const Place& place) {
  switch (place.kind) {
    case Place::Kind::executed: return fmt::format("what {} has executed", place.of.display());
    case Place::Kind::log_end: return fmt::format("the end of {}'s binary log", place.of.display());
  }
  return {};
}

struct Describe {
  std::string operator()(const StopReplication& step) const {
    return fmt::format("{}: stop replication", step.server.display());
  }
  std::string operator()(const StartReplication& step) const {
    return fmt::format("{}: start replication, as far as it ran before", step.server.display());
  }
  std::string operator()(const RunUntil& step) const {
    return fmt::format("{}: replicate until {}, then stop", step.server.display(), describe(step.until));
  }
  std::string operator()(const CatchUp& step) const {
    std::string others;
    for (const auto& other : step.others) others.append(others.empty() ? "" : ", ").append(other.display());
    return fmt::format("{}: if behind, replicate until what the furthest of {} has executed, then stop",
                       step.server.display(), others);
  }
  std::string operator()(const ChangeMaster& step) const {
    return fmt::format("{}: replicate from {}, {}", step.server.display(), step.master.display(),
                       step.by_gtid ? "by GTID" : "beginning at " + describe(step.from));
  }
};

const InstanceKey& server_of(const Step& step) {
  return std::visit([](const auto& one) -> const InstanceKey& { return one.server; }, step);
}

}  // namespace

std::string describe(const Step& step) {
  return std::visit(Describe{}, step);
}

std::string describe(const Plan& plan) {
  std::string text;
  const auto add = [&](std::string_view line) { text.append(text.empty() ? "" : "\n").append(line); };
  for (const auto& [key, refusal] : plan.refused)
    add(fmt::format("{}: stays where it is: {}", key.display(), refusal.reason));
  for_each_step(plan, [&](const Step& step) { add(describe(step)); });
  return text;
}

std::vector<InstanceKey> touched_by(const Plan& plan) {
  std::vector<InstanceKey> servers;
  for_each_step(plan, [&](const Step& step) {
    const auto& server = server_of(step);
    if (std::find(servers.begin(), servers.end(), server) == servers.end()) servers.push_back(server);
  });
  return servers;
}

}  // namespace topo
