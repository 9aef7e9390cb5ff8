// Operation: one command that changes servers, described once. From the description, the library executes,
// reports, journals and repeats operations, and programs make commands, help, routes and menus.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "topo/mysql/replication_statements.h"
#include "topo/topology/planning.h"
#include "topo/topology/repairs.h"

namespace topo {

class Context;
struct UnendedOperation;

namespace refactor {

class Servers;
struct OperationReport;

// The arguments of an operation.
struct OperationArguments {
  InstanceKey instance;                 // the instance to change, or whose replicas to change
  std::optional<InstanceKey> target{};  // the new master
  std::string pattern{};                // RE2 syntax, matches host:port of replicas; "": all replicas
  std::uint64_t process = 0;            // the id of a connection of the instance
};

// Whether an operation takes an argument.
enum class Use { no, optional, required };

enum class OperationGroup { topology, replication };

// How a user interface confirms an operation before it starts.
enum class Danger {
  none,       // harmless, or easily undone: starts at once
  confirm,    // shows the plan, or else the explanation, and asks
  type_name,  // the user must type the instance's name: the lost data is stored nowhere
};

// How a user interface offers an operation on an instance.
struct MenuEntry {
  enum class Section { replication, server, move, replicas, recovery, discovery, leftovers, queries };
  Section section = Section::move;
  std::string_view label;        // "Move up"
  std::string_view explanation;  // a sentence
  // Whether the operation makes sense on the instance; nullptr: it is offered on something else, such as a
  // query.
  bool (*suits)(const KnownInstance&) = nullptr;
  Danger danger = Danger::confirm;
  std::string_view warning = {};  // shown besides the plan, must be acknowledged; "": none
  bool has_plan = true;           // a dry run tells more than the explanation
  // The instances that are offered as its target, one action each; nullptr: it takes no target.
  std::vector<InstanceKey> (*targets)(const Topology&, const KnownInstance&, const RuleLimits&) = nullptr;
};

// The input of a plan, besides the topology as read.
struct PlanInput {
  const Topology& topology;
  const OperationArguments& arguments;
  const RuleLimits& limits;
  Filter filter{};        // selects replicas; empty: all
  Filter not_promoted{};  // DenyAutoPromotionHostnamePattern
  Loss loss = Loss::refuse;
  bool is_forced = false;       // what is not proven dead counts as dead
  bool accepts_errant = false;  // OperationRequest::allow_errant
  bool ends_clients = false;    // OperationRequest::end_clients
  bool promotes = false;        // OperationRequest::promote
  bool resets = true;           // ApplyMySQLPromotionAfterMasterFailover
  // Whether two names lead to one server, as the servers prove now; nullopt: no server answers to the first
  // name.
  std::function<std::optional<bool>(const InstanceKey&, const InstanceKey&)> are_same{};
};

// The answer to a client after an operation was executed.
struct Answer {
  std::string message;                      // "Instance db3:3306 moved below db2:3306"
  std::string printed;                      // on the command line
  std::optional<InstanceKey> details = {};  // instead of the instance in its new state
  std::string_view result = {};             // one of `results`; "": it has no name
};

// How to finish an interrupted operation, once its servers are in order.
struct Repetition {
  std::string_view operation;
  OperationArguments arguments;
  bool always = false;  // even when all replicas that it should move have moved
  // Then, with the same arguments, for the replicas other than the subject that have not moved; "": nothing.
  std::string_view then{};
  bool promotes = false;  // a replica becomes a master: OperationRequest::promote
};

struct Operation {
  std::string_view name;  // "move-below"
  std::vector<std::string_view> aliases = {};
  std::string_view summary;  // one line: verb, object
  std::string_view help;     // paragraphs and examples
  OperationGroup group = OperationGroup::topology;

  // Arguments besides the instance.
  Use target = Use::no;
  Use pattern = Use::no;
  Use process = Use::no;
  bool takes_account = false;    // OperationRequest::account
  bool may_lose = false;         // OperationRequest::loss
  bool may_be_forced = false;    // OperationRequest::force
  bool may_end_clients = false;  // OperationRequest::end_clients
  // OperationRequest::allow_errant
  [[nodiscard]] bool may_move_errant() const noexcept { return group == OperationGroup::topology; }
  bool instance_may_be_this_host = true;  // on the command line, if no instance is given
  bool on_command_line = true;
  bool prints_candidate = false;     // as soon as the candidate is chosen
  bool on_cluster = false;           // the instance is the master of the cluster that is named
  bool promotes = false;             // its last steps make a server a master
  bool promotes_on_request = false;  // only with OperationRequest::promote
  bool names_results = false;        // its errors begin with what they are called (Error::result())

  std::optional<MenuEntry> menu = {};
  std::string_view audit_type = {};  // "": the operation's name

  // The instances to read before planning; nullptr: only the given instance.
  std::vector<InstanceKey> (*concerned)(const PlanInput&) = nullptr;
  // The master that must be dead; nullptr: none. Its replicas are read again while they are still connected.
  std::optional<InstanceKey> (*dead_master)(const PlanInput&) = nullptr;
  // Pure. Throws like the functions of topology/planning.h.
  Plan (*plan)(const PlanInput&) = nullptr;
  // Queries servers for what the plan needs besides the read instances, before any change; nullptr: nothing.
  void (*complete)(Servers&, Plan&, const std::unordered_map<InstanceKey, Instance>& read,
                   std::optional<mysql::ReplicationAccount>& account) = nullptr;
  // The audit message of a successful report; nullptr: the instance alone.
  std::string (*audit)(const OperationReport&) = nullptr;
  Answer (*answer)(const OperationReport&) = nullptr;
  // The instance that the name of the target identifies; nullptr: destination_of_change().
  InstanceKey (*find_target)(Context&, const InstanceKey& instance, const InstanceKey& name) = nullptr;
  // nullptr: repeats the same operation.
  Repetition (*repeat)(const UnendedOperation&, std::span<const InstanceKey> not_moved,
                       const std::optional<InstanceKey>& promoted) = nullptr;
};

// An operation that a user interface offers on an instance.
struct Action {
  const Operation* operation = nullptr;
  std::string refusal;                  // why a rule refuses it now; "": allowed
  std::optional<InstanceKey> target{};  // of an operation with MenuEntry::targets
};

// The actions that a user interface offers on an instance: the operations whose MenuEntry suits it. Pure,
// from stored data; the operation itself reads the servers again. Throws Error{not_found} for an instance
// that is not in the topology.
[[nodiscard]] std::vector<Action> actions_on(const Topology& topology, const InstanceKey& key,
                                             const RuleLimits& limits);

// All operations, in the order of help.
[[nodiscard]] std::span<const Operation> operations();

// By name or alias; nullptr: not found.
[[nodiscard]] const Operation* find_operation(std::string_view name);
// Throws Error{not_found}.
[[nodiscard]] const Operation& operation_named(std::string_view name);

// How to finish the operation, of whose replicas those have not moved; nullopt: the operation is unknown, or
// its record lacks the target.
// `promoted`: the result of promoted_by().
[[nodiscard]] std::optional<Repetition> repetition_of(const UnendedOperation& interrupted,
                                                      std::span<const InstanceKey> not_moved,
                                                      const std::optional<InstanceKey>& promoted);
// The server that an operation which replaces a dead master has made a master, by its last steps; nullopt:
// none.
[[nodiscard]] std::optional<InstanceKey> promoted_by(const UnendedOperation& interrupted,
                                                     const std::vector<Repair>& repairs);
// Whether the operation must be repeated once its servers are in order, after `repairs`.
[[nodiscard]] bool must_be_repeated(const UnendedOperation& interrupted, const std::vector<Repair>& repairs);

// Replaces names in the arguments by the instances that they identify (subject.h), and throws the same
// errors; also Error{invalid_argument} for a missing target or process.
[[nodiscard]] OperationArguments resolve(Context& context, const Operation& operation,
                                         OperationArguments arguments);

// What was done, and without what.
[[nodiscard]] std::string describe_done(const OperationReport& report);
// The audit message: the same, then failures and leftovers.
[[nodiscard]] std::string describe(const OperationReport& report);
// The answer to the client. The report must not be of a dry run.
[[nodiscard]] Answer answer_of(const OperationReport& report);

}  // namespace refactor
}  // namespace topo
