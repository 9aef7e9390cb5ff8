// The members of the API's objects: to add a member, add a line here.
#pragma once

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <string>

#include "common/actions.h"
#include "common/audited_lock.h"
#include "common/json_shape.h"
#include "common/reply.h"
#include "topo/config/configuration.h"

namespace orchestrator::json {

// A host name and port of the backend that need not name a server.
struct UncheckedKey {
  std::string_view hostname;
  std::int64_t port;
};

using OptionalSeconds = std::optional<std::chrono::seconds>;

// What /web/settings answers.
struct WebSettings {
  const topo::Configuration& configuration;
  bool may_write;
  std::string refusal;
  std::string user, hostname;
  std::string_view version;
};

// The path of a route, below /api/; "": no operation moves the instance.
[[nodiscard]] std::string path_of(const topo::MoveVerdict& verdict);
[[nodiscard]] std::string expiration_of(const topo::HostNames::Cached& cached);
[[nodiscard]] std::string active_node_of(const Health& health);
[[nodiscard]] std::optional<std::string_view> error_of(const Health& health);
[[nodiscard]] NameList names_of(const std::vector<std::filesystem::path>& files);

template <>
struct EnumerationTexts<topo::Problem> {
  static constexpr auto values = topo::problem_names;
};

template <>
struct EnumerationTexts<topo::NodeState> {
  static constexpr auto values = std::to_array<std::string_view>({"up", "silent"});
};

template <>
struct EnumerationTexts<topo::MoveVerdict::Kind> {
  static constexpr auto values = std::to_array<std::string_view>({"ok", "warning", "no"});
};

template <>
struct EnumerationTexts<topo::refactor::MenuEntry::Section> {
  static constexpr auto values = std::to_array<std::string_view>(
      {"replication", "server", "move", "replicas", "recovery", "discovery", "leftovers", "queries"});
};

template <>
struct EnumerationTexts<topo::refactor::Danger> {
  static constexpr auto values = std::to_array<std::string_view>({"none", "confirm", "type-name"});
};

template <>
struct EnumerationTexts<topo::refactor::Progress::State> {
  static constexpr auto values = std::to_array<std::string_view>(
      {"begun", "step", "step-done", "step-failed", "step-undone", "done", "failed"});
};

template <>
struct ObjectSchema<topo::InstanceKey> {
  using T = topo::InstanceKey;
  static constexpr std::string_view
      name = "InstanceKey",
      meaning = "The host name and port of an instance; an empty host name and port 0: none";
  static constexpr std::array fields{
      field<T>("Hostname", "Host name or address", [](const T& o) { return std::string_view(o.hostname()); }),
      field<T>("Port", "Port", [](const T& o) { return o.port(); })};
};

template <>
struct ObjectSchema<UncheckedKey> {
  using T = UncheckedKey;
  static constexpr std::string_view name = "InstanceKey", meaning = "";
  static constexpr std::array fields{
      field<T>("Hostname", "", [](const T& o) { return std::string_view(o.hostname); }),
      field<T>("Port", "", [](const T& o) { return o.port; })};
};

template <>
struct ObjectSchema<topo::BinlogCoordinates> {
  using T = topo::BinlogCoordinates;
  static constexpr std::string_view name = "Coordinates",
                                    meaning = "Coordinates in a binary log or relay log";
  static constexpr std::array fields{
      field<T>(
          "LogFile", "File", [](const T& o) -> auto& { return o.file; }),
      field<T>("LogPos", "Position in bytes", [](const T& o) { return o.position; }),
      field<T>("Type", "0: binary log, 1: relay log",
               [](const T& o) { return static_cast<unsigned>(o.type); })};
};

template <>
struct ObjectSchema<OptionalSeconds> {
  using T = OptionalSeconds;
  static constexpr std::string_view name = "OptionalNumber", meaning = "A number that may be unknown";
  static constexpr std::array fields{
      field<T>("Int64", "The number; 0 if it is unknown", [](const T& o) { return o ? o->count() : 0; }),
      field<T>("Valid", "The number is known", [](const T& o) { return o.has_value(); })};
};

template <>
struct ObjectSchema<topo::ReplicationChannel> {
  using T = topo::ReplicationChannel;
  static constexpr std::string_view name = "ReplicationChannel",
                                    meaning = "A channel (MySQL) or connection (MariaDB) of a replica";
  static constexpr std::array fields{
      field<T>(
          "Name", "\"\": the default channel", [](const T& o) -> auto& { return o.name; }),
      field<T>(
          "MasterKey", "The master", [](const T& o) -> auto& { return o.master; }),
      field<T>("Slave_SQL_Running", "The SQL thread runs",
               [](const T& o) { return o.sql_thread == topo::ThreadState::running; }),
      field<T>("Slave_IO_Running", "The IO thread runs and is connected",
               [](const T& o) { return o.io_thread == topo::ThreadState::running; }),
      field<T>(
          "SecondsBehindMaster", "Seconds_Behind_Master",
          [](const T& o) -> auto& { return o.seconds_behind_master; })};
};

template <>
struct ObjectSchema<ProblemCount> {
  using T = ProblemCount;
  static constexpr std::string_view name = "ProblemCount", meaning = "The number of instances with a problem";
  static constexpr std::array fields{
      field<T>("Problem", "Their worst problem", [](const T& o) { return o.problem; }),
      field<T>("Count", "Their number", [](const T& o) { return o.count; })};
};

template <>
struct ObjectSchema<ClusterState> {
  using T = ClusterState;
  static constexpr std::string_view name = "Cluster", meaning = "A cluster";
  static constexpr std::array fields{
      field<T>(
          "ClusterName", "host:port of its topmost known instance",
          [](const T& o) -> auto& { return o.info.cluster_name; }),
      field<T>(
          "ClusterAlias", "\"\": none", [](const T& o) -> auto& { return o.info.cluster_alias; }),
      field<T>("CountInstances", "Number of its known instances",
               [](const T& o) { return o.info.count_instances; }),
      field<T>(
          "ProblemCounts", "Its instances that have a problem, the worst problem first",
          [](const T& o) -> auto& { return o.problems; }),
      field<T>(
          "MaxLagSeconds", "The largest SlaveLagSeconds of its instances",
          [](const T& o) -> auto& { return o.info.max_lag; })};
};

template <>
struct ObjectSchema<topo::AuditEntry> {
  using T = topo::AuditEntry;
  static constexpr std::string_view name = "AuditEntry", meaning = "An entry of the audit";
  static constexpr std::array fields{
      field<T>("AuditId", "Number of the entry", [](const T& o) { return o.id; }),
      field<T>(
          "AuditTimestamp", "YYYY-MM-DD HH:MM:SS in UTC", [](const T& o) -> auto& { return o.timestamp; }),
      field<T>(
          "AuditType", "What was done", [](const T& o) -> auto& { return o.type; }),
      field<T>("AuditInstanceKey", "The instance; an empty host name: none",
               [](const T& o) {
                 return UncheckedKey{o.hostname, o.port};
               }),
      field<T>(
          "Message", "The details", [](const T& o) -> auto& { return o.message; }),
      field<T>("Owner", "The owner of the lock that it is about; \"\": none",
               [](const T& o) { return lock_in(o.message).owner; }),
      field<T>("Reason", "The reason for that lock", [](const T& o) { return lock_in(o.message).reason; })};
};

template <>
struct ObjectSchema<OfferedAction> {
  using T = OfferedAction;
  static constexpr std::string_view name = "Action", meaning = "An operation that makes sense on an object";
  static constexpr std::array fields{
      field<T>("Operation", "Its name", [](const T& o) { return o.operation; }),
      field<T>(
          "Path", "Its route, below /api/", [](const T& o) -> auto& { return o.path; }),
      field<T>("Section", "Where a menu shows it", [](const T& o) { return o.menu->section; }),
      field<T>(
          "Label", "What a menu calls it", [](const T& o) -> auto& { return o.label; }),
      field<T>("Explanation", "What it does, a sentence", [](const T& o) { return o.menu->explanation; }),
      field<T>(
          "Danger",
          "none: runs at once; confirm: the plan, or else the explanation, is shown first; type-name: the "
          "user also types the name of the instance",
          [](const T& o) { return o.menu->danger; }),
      field<T>("Warning", "To be acknowledged in addition to the plan; \"\": none",
               [](const T& o) { return o.menu->warning; }),
      field<T>("HasPlan", "With ?dry-run=true it shows what it would do",
               [](const T& o) { return o.menu->has_plan; }),
      field<T>("MayBeForced", "With ?force=true it goes on although a master may be alive",
               [](const T& o) { return o.may_be_forced; }),
      field<T>(
          "Refusal", "Why it is not allowed now; \"\": it is allowed",
          [](const T& o) -> auto& { return o.refusal; })};
};

template <>
struct ObjectSchema<topo::StoredLongQuery> {
  using T = topo::StoredLongQuery;
  static constexpr std::string_view
      name = "LongQuery",
      meaning = "A query that had been running for more than a minute when its instance was last read";
  static constexpr std::array fields{
      field<T>("InstanceHostname", "Host name of the instance",
               [](const T& o) { return std::string_view(o.instance.hostname()); }),
      field<T>("InstancePort", "Port of the instance", [](const T& o) { return o.instance.port(); }),
      field<T>("Id", "Number of the connection", [](const T& o) { return o.query.id; }),
      field<T>(
          "User", "User of the connection", [](const T& o) -> auto& { return o.query.user; }),
      field<T>(
          "Host", "Client of the connection", [](const T& o) -> auto& { return o.query.host; }),
      field<T>(
          "Db", "Default schema", [](const T& o) -> auto& { return o.query.db; }),
      field<T>(
          "Command", "As in the process list", [](const T& o) -> auto& { return o.query.command; }),
      field<T>("Time", "Running time in seconds", [](const T& o) { return o.query.time; }),
      field<T>(
          "State", "As in the process list", [](const T& o) -> auto& { return o.query.state; }),
      field<T>(
          "Info", "The first 1024 characters of the query", [](const T& o) -> auto& { return o.query.info; }),
      field<T>(
          "StartedAt", "YYYY-MM-DD HH:MM:SS in UTC", [](const T& o) -> auto& { return o.started_at; }),
      field<T>("Actions", "What ends it", [](const T& o) { return actions_on(o); })};
};

template <>
struct ObjectSchema<topo::Maintenance> {
  using T = topo::Maintenance;
  static constexpr std::string_view name = "Maintenance", meaning = "A lock of an instance";
  static constexpr std::array fields{
      field<T>("MaintenanceId", "Number of the lock", [](const T& o) { return o.id; }),
      field<T>(
          "Key", "The locked instance", [](const T& o) -> auto& { return o.key; }),
      field<T>(
          "BeginTimestamp", "YYYY-MM-DD HH:MM:SS in UTC", [](const T& o) -> auto& { return o.begin; }),
      field<T>("SecondsElapsed", "Seconds since its begin", [](const T& o) { return o.elapsed; }),
      field<T>("IsActive", "Not ended and not expired", [](const T& o) { return o.is_active; }),
      field<T>(
          "Owner", "Who locked it", [](const T& o) -> auto& { return o.owner; }),
      field<T>(
          "Reason", "Why", [](const T& o) -> auto& { return o.reason; })};
};

template <>
struct ObjectSchema<topo::refactor::UnfinishedServer> {
  using T = topo::refactor::UnfinishedServer;
  static constexpr std::string_view name = "UnfinishedServer",
                                    meaning = "A server of an interrupted operation";
  static constexpr std::array fields{
      field<T>(
          "Key", "The server", [](const T& o) -> auto& { return o.key; }),
      field<T>(
          "State", "Its state, a sentence", [](const T& o) -> auto& { return o.state; }),
      field<T>("IsInOrder", "Nothing needs to be repaired", [](const T& o) { return o.is_in_order; })};
};

template <>
struct ObjectSchema<topo::refactor::UnfinishedOperation> {
  using T = topo::refactor::UnfinishedOperation;
  static constexpr std::string_view name = "UnfinishedOperation",
                                    meaning = "A running or interrupted operation";
  static constexpr std::array fields{
      field<T>("OperationId", "Number of the operation", [](const T& o) { return o.operation.id; }),
      field<T>("Operation", "Its name", [](const T& o) { return o.operation.title(); }),
      field<T>(
          "Key", "The instance that it was given", [](const T& o) -> auto& { return o.operation.subject; }),
      field<T>(
          "Owner", "Who started it", [](const T& o) -> auto& { return o.operation.owner; }),
      field<T>(
          "BeginTimestamp", "YYYY-MM-DD HH:MM:SS in UTC",
          [](const T& o) -> auto& { return o.operation.begin; }),
      field<T>("SecondsElapsed", "Seconds since its begin", [](const T& o) { return o.operation.elapsed; }),
      field<T>("IsUnderWay", "It still runs", [](const T& o) { return o.operation.is_under_way; }),
      field<T>(
          "Servers", "Its servers; none while it runs", [](const T& o) -> auto& { return o.servers; }),
      field<T>("Actions", "What finishes or undoes it; none while it runs",
               [](const T& o) { return actions_on(o); })};
};

template <>
struct ObjectSchema<topo::Node> {
  using T = topo::Node;
  static constexpr std::string_view name = "ServerNode", meaning = "A process that shares the backend";
  static constexpr std::array fields{
      field<T>(
          "Hostname", "Its host", [](const T& o) -> auto& { return o.hostname; }),
      field<T>(
          "Token", "Distinguishes the processes of a host", [](const T& o) -> auto& { return o.token; }),
      field<T>(
          "FirstSeen", "YYYY-MM-DD HH:MM:SS in UTC", [](const T& o) -> auto& { return o.first_seen; }),
      field<T>(
          "LastSeen", "YYYY-MM-DD HH:MM:SS in UTC", [](const T& o) -> auto& { return o.last_seen; }),
      field<T>("SecondsSinceLastSeen", "Age of its last report",
               [](const T& o) { return o.since_last_seen; }),
      field<T>(
          "Command", "What it runs", [](const T& o) -> auto& { return o.command; }),
      field<T>(
          "Version", "Its version", [](const T& o) -> auto& { return o.version; }),
      field<T>("IsActive", "It is the node that polls", [](const T& o) { return o.is_active; }),
      field<T>("State", "silent: it has not reported for long, and has most likely ended",
               [](const T& o) { return topo::state_of(o); })};
};

template <>
struct ObjectSchema<topo::HostNames::Cached> {
  using T = topo::HostNames::Cached;
  static constexpr std::string_view name = "ResolvedName", meaning = "A resolved host name";
  static constexpr std::array fields{
      field<T>(
          "Object", "The name that it leads to", [](const T& o) -> auto& { return o.name; }),
      field<T>("Expiration", "YYYY-MM-DDTHH:MM:SSZ", [](const T& o) { return expiration_of(o); })};
};

template <>
struct ObjectSchema<topo::MoveVerdict> {
  using T = topo::MoveVerdict;
  static constexpr std::string_view name = "MoveVerdict",
                                    meaning = "Whether an instance can be moved to another one";
  static constexpr std::array fields{
      field<T>("Verdict", "ok, warning: possible, but only the user knows whether it makes sense, no",
               [](const T& o) { return o.kind; }),
      field<T>(
          "Operation", "The operation that moves it; \"\": none",
          [](const T& o) -> auto& { return o.operation; }),
      field<T>("Path", "The route of the operation, below /api/", [](const T& o) { return path_of(o); }),
      field<T>(
          "Reason", "Why not, or the warning", [](const T& o) -> auto& { return o.reason; })};
};

template <>
struct ObjectSchema<topo::MoveTarget> {
  using T = topo::MoveTarget;
  static constexpr std::string_view name = "MoveTarget", meaning = "Another instance of the cluster";
  static constexpr std::array fields{
      field<T>(
          "Key", "The other instance", [](const T& o) -> auto& { return o.key; }),
      field<T>(
          "Classic", "By coordinates and GTID", [](const T& o) -> auto& { return o.classic; }),
      field<T>(
          "PseudoGTID", "By Pseudo-GTID", [](const T& o) -> auto& { return o.pseudo_gtid; })};
};

template <>
struct ObjectSchema<MoveTargets> {
  using T = MoveTargets;
  static constexpr std::string_view name = "MoveTargets", meaning = "Where an instance can be moved";
  static constexpr std::array fields{
      field<T>(
          "Key", "The instance", [](const T& o) -> auto& { return o.key; }),
      field<T>(
          "Targets", "All other instances of its cluster", [](const T& o) -> auto& { return o.targets; })};
};

template <>
struct ObjectSchema<Actions> {
  using T = Actions;
  static constexpr std::string_view name = "Actions", meaning = "What makes sense on an instance";
  static constexpr std::array fields{field<T>(
                                         "Key", "The instance", [](const T& o) -> auto& { return o.key; }),
                                     field<T>(
                                         "Actions", "The operations, in the order of a menu",
                                         [](const T& o) -> auto& { return o.actions; })};
};

template <>
struct ObjectSchema<Reloaded> {
  using T = Reloaded;
  static constexpr std::string_view name = "Reloaded", meaning = "The result of reloading the configuration";
  static constexpr std::array fields{
      field<T>("Files", "The files that were read", [](const T& o) { return names_of(o.files); }),
      field<T>(
          "Changed", "The keys that have new values", [](const T& o) -> auto& { return o.changes.taken; }),
      field<T>(
          "AtNextStart", "The keys whose new values need a restart",
          [](const T& o) -> auto& { return o.changes.at_next_start; })};
};

template <>
struct ObjectSchema<topo::Analysis> {
  using T = topo::Analysis;
  static constexpr std::string_view name = "Analysis", meaning = "A failure of an instance";
  static constexpr std::array fields{
      field<T>(
          "AnalyzedInstanceKey", "The instance", [](const T& o) -> auto& { return o.key; }),
      field<T>(
          "ClusterName", "Its cluster", [](const T& o) -> auto& { return o.cluster_name; }),
      field<T>("IsMaster", "It replicates from no known instance", [](const T& o) { return o.is_master; }),
      field<T>("IsCoMaster", "Its master is also its replica", [](const T& o) { return o.is_co_master; }),
      field<T>("LastCheckValid", "The last attempt to read it succeeded",
               [](const T& o) { return o.last_check_valid; }),
      field<T>("CountSlaves", "Its replicas", [](const T& o) { return o.replicas; }),
      field<T>("CountValidSlaves", "Those whose last read succeeded",
               [](const T& o) { return o.valid_replicas; }),
      field<T>("CountValidReplicatingSlaves", "Of those, the ones with both threads running",
               [](const T& o) { return o.valid_replicating_replicas; }),
      field<T>("CountConnectedSlaves", "Of those, the ones with an IO thread connected to it",
               [](const T& o) { return o.connected_replicas; }),
      field<T>("Analysis", "The name of the failure", [](const T& o) { return topo::to_string(o.failure); }),
      field<T>("Description", "The failure, a sentence",
               [](const T& o) { return topo::describe(o.failure); }),
      field<T>("Actions", "What recovers its replicas", [](const T& o) { return actions_on(o); })};
};

template <>
struct ObjectSchema<Health> {
  using T = Health;
  static constexpr std::string_view name = "Health", meaning = "The health of this node";
  static constexpr std::array fields{
      field<T>("Healthy", "The backend can be read and written", [](const T& o) { return o.node.healthy; }),
      field<T>(
          "Hostname", "The host of this node", [](const T& o) -> auto& { return o.hostname; }),
      field<T>(
          "Token", "Distinguishes the processes of a host", [](const T& o) -> auto& { return o.token; }),
      field<T>("IsActiveNode", "This node polls", [](const T& o) { return o.node.is_active_node; }),
      field<T>("ActiveNode", "The node that polls, as host;token; \"\": none",
               [](const T& o) { return active_node_of(o); }),
      field<T>("Error", "What is wrong", [](const T& o) { return error_of(o); })};
};

template <>
struct EnumerationTexts<topo::refactor::StepReport::Result> {
  static constexpr auto values = std::to_array<std::string_view>({"done", "failed", "undone", "skipped"});
};

template <>
struct ObjectSchema<topo::refactor::StepReport> {
  using T = topo::refactor::StepReport;
  static constexpr std::string_view name = "StepOutcome", meaning = "What became of a step of an operation";
  static constexpr std::array fields{
      field<T>(
          "Step", "The step", [](const T& o) -> auto& { return o.text; }),
      field<T>("Result", "undone: its server is as it was before; skipped: it has not begun",
               [](const T& o) { return o.result; }),
      field<T>(
          "Reason", "Why it failed", [](const T& o) -> auto& { return o.reason; })};
};

template <>
struct ObjectSchema<topo::refactor::Progress> {
  using T = topo::refactor::Progress;
  static constexpr std::string_view name = "OperationProgress", meaning = "An event of a running operation";
  static constexpr std::array fields{
      field<T>(
          "Operation", "Its name", [](const T& o) -> auto& { return o.operation; }),
      field<T>(
          "Key", "The instance that it was given", [](const T& o) -> auto& { return o.subject; }),
      field<T>("State", "What has happened", [](const T& o) { return o.state; }),
      field<T>(
          "Step", "The step that begins or has ended now, or the result",
          [](const T& o) -> auto& { return o.text; }),
      field<T>(
          "Reason", "Why the step failed", [](const T& o) -> auto& { return o.reason; })};
};

template <>
struct ObjectSchema<WebSettings> {
  using T = WebSettings;
  static constexpr std::string_view name = "Settings",
                                    meaning = "What the web pages need to know of this server and its user";
  static constexpr std::array fields{
      field<T>("AuthorizedForAction", "The user may make changes", [](const T& o) { return o.may_write; }),
      field<T>(
          "User", "The user; \"\": unknown", [](const T& o) -> auto& { return o.user; }),
      field<T>(
          "Refusal", "Why the user may not make changes, a sentence; \"\": the user may",
          [](const T& o) -> auto& { return o.refusal; }),
      field<T>("ReadOnly", "Nobody may make changes", [](const T& o) { return o.configuration.read_only; }),
      field<T>("PseudoGTIDModeEnabled", "PseudoGTIDPattern is configured",
               [](const T& o) { return !o.configuration.pseudo_gtid_pattern.empty(); }),
      field<T>(
          "RemoveTextFromHostnameDisplay", "Left out of displayed names",
          [](const T& o) -> auto& { return o.configuration.remove_text_from_hostname_display; }),
      field<T>("ReasonableReplicationLagSeconds", "A lag above this is a problem",
               [](const T& o) { return o.configuration.reasonable_replication_lag; }),
      field<T>("InstancePollSeconds", "Interval between two polls of an instance",
               [](const T& o) { return o.configuration.instance_poll; }),
      field<T>("AuditPageSize", "Entries per page of the audit",
               [](const T& o) { return o.configuration.audit_page_size; }),
      field<T>(
          "Hostname", "The host of this node", [](const T& o) -> auto& { return o.hostname; }),
      field<T>("Version", "The version of this node", [](const T& o) { return o.version; })};
};

}  // namespace orchestrator::json
