#include "topo/topology/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "topo/topology/rules.h"

namespace topo {
namespace {

struct Words {
  std::string_view name, sentence;
};

// In the order of the enumeration.
constexpr std::array<Words, 22> words{{
    {"DeadMasterWithoutSlaves", "The master cannot be reached and has no replica"},
    {"DeadMaster", "The master cannot be reached and none of its replicas is replicating"},
    {"DeadMasterAndSlaves", "The master cannot be reached, nor can any of its replicas"},
    {"DeadMasterAndSomeSlaves",
     "The master cannot be reached, nor can some of its replicas, and none of the others is replicating"},
    {"UnreachableMaster",
     "The master cannot be reached but has replicas that are replicating, so that the network or its host is "
     "to blame"},
    {"AllMasterSlavesNotReplicating", "The master is alive but none of its replicas is replicating"},
    {"DeadCoMaster", "The co-master cannot be reached and none of its replicas is replicating"},
    {"UnreachableCoMaster",
     "The co-master cannot be reached but has replicas that are replicating, so that the network or its host "
     "is to blame"},
    {"AllCoMasterSlavesNotReplicating", "The co-master is alive but none of its replicas is replicating"},
    {"DeadIntermediateMaster",
     "The intermediate master cannot be reached and none of its replicas is replicating"},
    {"DeadIntermediateMasterAndSomeSlaves",
     "The intermediate master cannot be reached, nor can some of its replicas, and none of the others is "
     "replicating"},
    {"UnreachableIntermediateMaster",
     "The intermediate master cannot be reached but has replicas that are replicating, so that the network "
     "or its host is to blame"},
    {"AllIntermediateMasterSlavesNotReplicating",
     "The intermediate master is alive but none of its replicas is replicating"},
    {"InaccessibleMaster", "The master is alive, as it answers with an error, but cannot be read"},
    {"InaccessibleCoMaster", "The co-master is alive, as it answers with an error, but cannot be read"},
    {"InaccessibleIntermediateMaster",
     "The intermediate master is alive, as it answers with an error, but cannot be read"},
    {"UnreachableMasterWithConnectedSlaves",
     "The master cannot be reached but has replicas that are connected to it, though none is replicating, so "
     "that the network or its host is to blame"},
    {"UnreachableCoMasterWithConnectedSlaves",
     "The co-master cannot be reached but has replicas that are connected to it, though none is replicating, "
     "so that the network or its host is to blame"},
    {"UnreachableIntermediateMasterWithConnectedSlaves",
     "The intermediate master cannot be reached but has replicas that are connected to it, though none is "
     "replicating, so that the network or its host is to blame"},
    {"UncheckedMaster",
     "The master could not be asked, for a reason on this side, and none of its replicas is replicating"},
    {"UncheckedCoMaster",
     "The co-master could not be asked, for a reason on this side, and none of its replicas is replicating"},
    {"UncheckedIntermediateMaster",
     "The intermediate master could not be asked, for a reason on this side, and none of its replicas is "
     "replicating"},
}};

std::optional<Failure> failure_of_master(const Analysis& of) {
  if (of.was_replaced && (of.replicas == 0 || of.has_successor)) return std::nullopt;
  if (of.last_check_valid) {
    if (of.replicas > 0 && of.valid_replicating_replicas == 0)
      return Failure::all_master_replicas_not_replicating;
    return std::nullopt;
  }
  if (of.last_check_failure == ReadFailure::answered) return Failure::inaccessible_master;
  if (of.valid_replicating_replicas > 0) return Failure::unreachable_master;
  if (of.connected_replicas > 0) return Failure::unreachable_master_with_connected_replicas;
  if (of.last_check_failure == ReadFailure::local) return Failure::unchecked_master;
  if (of.replicas == 0) return Failure::dead_master_without_replicas;
  if (of.valid_replicas == of.replicas) return Failure::dead_master;
  return of.valid_replicas == 0 ? Failure::dead_master_and_replicas : Failure::dead_master_and_some_replicas;
}

// If no replica can be read either, no server confirms the failure, and no replica can be recovered.
std::optional<Failure> failure_of_replicating(const Analysis& of) {
  if (of.last_check_valid) {
    if (of.replicas == 0 || of.valid_replicating_replicas > 0) return std::nullopt;
    return of.is_co_master ? Failure::all_co_master_replicas_not_replicating
                           : Failure::all_intermediate_master_replicas_not_replicating;
  }
  if (of.valid_replicas == 0) return std::nullopt;
  if (of.last_check_failure == ReadFailure::answered)
    return of.is_co_master ? Failure::inaccessible_co_master : Failure::inaccessible_intermediate_master;
  if (of.valid_replicating_replicas > 0)
    return of.is_co_master ? Failure::unreachable_co_master : Failure::unreachable_intermediate_master;
  if (of.connected_replicas > 0)
    return of.is_co_master ? Failure::unreachable_co_master_with_connected_replicas
                           : Failure::unreachable_intermediate_master_with_connected_replicas;
  if (of.last_check_failure == ReadFailure::local)
    return of.is_co_master ? Failure::unchecked_co_master : Failure::unchecked_intermediate_master;
  if (of.valid_replicas < of.replicas) return Failure::dead_intermediate_master_and_some_replicas;
  return of.is_co_master ? Failure::dead_co_master : Failure::dead_intermediate_master;
}

std::optional<Failure> failure_of(const Analysis& of) {
  return of.is_master ? failure_of_master(of) : failure_of_replicating(of);
}

Analysis count_replicas(const Topology& topology, const KnownInstance& known) {
  const Instance& instance = known.instance;
  Analysis analysis;
  analysis.key = instance.key;
  analysis.was_replaced = known.replaced.has_value();
  if (known.replaced) {
    const auto* successor = topology.find(known.replaced->successor);
    analysis.has_successor =
        successor != nullptr && !successor->instance.is_replica() && !successor->instance.read_only;
  }
  analysis.cluster_name = instance.cluster_name;
  analysis.is_master = !instance.is_replica();
  analysis.is_co_master = !analysis.is_master && instance.is_co_master;
  analysis.last_check_valid = known.last_check_valid;
  analysis.last_check_failure = known.last_check_failure;
  for (const auto* replica : topology.replicas_of(known)) {
    ++analysis.replicas;
    if (!replica->last_check_valid) continue;
    ++analysis.valid_replicas;
    if (replica->instance.replica_running()) ++analysis.valid_replicating_replicas;
    if (is_connected_to(*replica, instance.key)) ++analysis.connected_replicas;
  }
  return analysis;
}

}  // namespace

std::string_view to_string(Failure failure) noexcept {
  return words[static_cast<std::size_t>(failure)].name;
}

std::string_view describe(Failure failure) noexcept {
  return words[static_cast<std::size_t>(failure)].sentence;
}

RecoveryMethod recovery_method(Failure failure) noexcept {
  switch (failure) {
    case Failure::dead_master:
    case Failure::dead_master_and_some_replicas: return RecoveryMethod::regroup;
    case Failure::dead_co_master:
    case Failure::dead_intermediate_master:
    case Failure::dead_intermediate_master_and_some_replicas: return RecoveryMethod::move_beside;
    default: return RecoveryMethod::none;
  }
}

std::optional<Analysis> presumed_dead(Analysis analysis) {
  analysis.last_check_valid = false;
  analysis.last_check_failure = ReadFailure::no_answer;
  analysis.valid_replicating_replicas = analysis.connected_replicas = 0;
  const auto failure = failure_of(analysis);
  if (!failure) return std::nullopt;
  analysis.failure = *failure;
  return analysis;
}

std::optional<std::string> why_not_recoverable(const Analysis& analysis) {
  if (recovery_method(analysis.failure) != RecoveryMethod::none) return std::nullopt;
  return fmt::format("{}: {} ({}); moving replicas cannot fix this", analysis.key.display(),
                     describe(analysis.failure), to_string(analysis.failure));
}

std::vector<Analysis> analyse(const Topology& topology,
                              const std::function<bool(const InstanceKey&)>& is_ignored) {
  std::vector<Analysis> found;
  for (const auto& known : topology.instances()) {
    auto analysis = count_replicas(topology, known);
    const auto failure = failure_of(analysis);
    if (!failure || (is_ignored && is_ignored(analysis.key))) continue;
    analysis.failure = *failure;
    found.push_back(std::move(analysis));
  }
  std::stable_sort(found.begin(), found.end(), [](const Analysis& a, const Analysis& b) {
    const auto rank = [](const Analysis& one) {
      return std::tuple(!one.is_master, one.key.display() != one.cluster_name,
                        -static_cast<int>(one.replicas));
    };
    return rank(a) < rank(b);
  });
  return found;
}

}  // namespace topo
