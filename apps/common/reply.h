// Reply: the answer of an operation, as values. The command line prints it as lines of text, the API sends it
// as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/reloaded.h"
#include "topo/base/error.h"
#include "topo/inspect/host_names.h"
#include "topo/model/instance.h"
#include "topo/refactor/refactoring.h"
#include "topo/refactor/unfinished.h"
#include "topo/store/store.h"
#include "topo/topology/analysis.h"
#include "topo/topology/move_targets.h"
#include "topo/topology/status.h"

namespace orchestrator {

using InstanceList = std::vector<topo::KnownInstance>;
using KeyList = std::vector<topo::InstanceKey>;
using NameList = std::vector<std::string>;
using AuditList = std::vector<topo::AuditEntry>;
using LongQueryList = std::vector<topo::StoredLongQuery>;
using MaintenanceList = std::vector<topo::Maintenance>;
using UnfinishedList = std::vector<topo::refactor::UnfinishedOperation>;

using NodeList = std::vector<topo::Node>;
using AnalysisList = std::vector<topo::Analysis>;
using CachedNameList = std::vector<topo::HostNames::Cached>;

// The number of instances whose worst problem is this one.
struct ProblemCount {
  topo::Problem problem;
  unsigned count;
};

// A cluster, and what is wrong with its instances.
struct ClusterState {
  topo::ClusterInfo info;
  std::vector<ProblemCount> problems{};  // the worst first
};
using ClusterList = std::vector<ClusterState>;

// An operation that a user interface offers on an object (actions.h).
struct OfferedAction {
  std::string_view operation;
  std::string path;  // its route, below /api/
  const topo::refactor::MenuEntry* menu;
  std::string label;
  std::string refusal{};                      // why a rule refuses it now; "": allowed
  std::optional<topo::InstanceKey> target{};  // if the operation has one
  bool may_be_forced = false;                 // it has Parameter::force
};

// The actions that a user interface offers on an instance.
struct Actions {
  topo::InstanceKey key;
  std::vector<OfferedAction> actions;
};

// Where an instance may be moved.
struct MoveTargets {
  topo::InstanceKey key;
  std::vector<topo::MoveTarget> targets;
};

// A complete text: a tree, a description, a page of help.
struct Text {
  std::string text;
};

// This node, as reported by /api/health.
struct Health {
  topo::NodeHealth node;
  std::string hostname, token;
  std::string error;  // "": none
};

using Payload = std::variant<std::monostate, topo::KnownInstance, InstanceList, topo::InstanceKey, KeyList,
                             NameList, ClusterState, ClusterList, AuditList, LongQueryList, MaintenanceList,
                             UnfinishedList, NodeList, CachedNameList, AnalysisList, Reloaded, MoveTargets,
                             Actions, std::int64_t, Health, Text>;

// The index of a type among the payloads.
template <typename Value, typename... All>
constexpr std::size_t index_among(std::in_place_type_t<std::variant<All...>>) {
  static_assert((std::is_same_v<Value, All> || ...));
  std::size_t index = 0;
  (void)((std::is_same_v<Value, All> || (++index, false)) || ...);
  return index;
}

// How the API wraps the payload. The command line always prints the payload.
enum class Wrapping {
  bare,     // the payload itself
  message,  // {"Code","Message","Details"} with the message, and null for details
  details,  // the same with the payload for details
};

// What the routes of an operation answer when they succeed.
struct Returns {
  Wrapping wrapping = Wrapping::bare;
  std::size_t payload = 0;  // Payload::index()
};
template <typename Value>
constexpr Returns returns_bare() {
  return {Wrapping::bare, index_among<Value>(std::in_place_type<Payload>)};
}
template <typename Value>
constexpr Returns returns_details() {
  return {Wrapping::details, index_among<Value>(std::in_place_type<Payload>)};
}

struct Reply {
  Payload payload;
  std::string message{};  // "" when bare
  Wrapping wrapping = Wrapping::bare;
  std::optional<std::string> printed{};             // what the command line prints instead of the payload
  std::vector<topo::refactor::StepReport> steps{};  // of the operation, and what became of them
  std::optional<topo::Code> failure{};   // the reason; Code is then "ERROR" although there are details
  std::optional<topo::Code> forecast{};  // of a dry run whose operation will be refused; Code stays "OK"
  std::string_view result{};             // one of topo::results; "": none

  static Reply bare(Payload payload) { return {.payload = std::move(payload)}; }
  static Reply with_message(std::string message, Payload printed = {}) {
    return {.payload = std::move(printed), .message = std::move(message), .wrapping = Wrapping::message};
  }
  static Reply with_details(std::string message, Payload details) {
    return {.payload = std::move(details), .message = std::move(message), .wrapping = Wrapping::details};
  }
};

// Lines for standard output, each with a newline; "": nothing to print.
[[nodiscard]] std::string render_text(const Reply& reply);

// JSON for the API. The limits determine the problems of instances, and whether they are up to date.
[[nodiscard]] std::string render_json(const Reply& reply, const topo::StatusLimits& limits);
// {"Operation":…,"Key":…,"State":"begun", "step", "done" or "failed","Step":…}
[[nodiscard]] std::string render_json(const topo::refactor::Progress& progress);

}  // namespace orchestrator
