#include "config/foreign_keys.h"

#include <iterator>
#include <vector>

namespace topo::config {
namespace {

constexpr std::string_view no_hook = "only PreFailoverProcesses and PostFailoverProcesses are run";
constexpr std::string_view no_filter = "every server that the discovery finds is polled";
constexpr std::string_view no_semi_sync =
    "promotions pass semi-synchronous replication on; commands such as enable-semi-sync-replica switch it";
constexpr std::string_view no_promotion_veto = "a replica that lags may become the candidate";
constexpr std::string_view no_detaching = "replicas stay below the dead master, and so does the candidate";
constexpr std::string_view drains = "make-master is refused unless the replica executes all that it received";
constexpr std::string_view ssl_mode =
    "MySQLTopologySSLMode: \"verify\" checks certificates, \"required\" does not";
constexpr std::string_view backend_ssl_mode =
    "MySQLOrchestratorSSLMode: \"verify\" checks certificates, \"required\" does not";

constexpr ForeignKey guard(std::string_view name, std::string_view instead) {
  return {name, {}, instead, true};
}
constexpr ForeignKey renamed(std::string_view name, std::string_view here) {
  return {name, here, {}, false};
}
constexpr ForeignKey renamed_guard(std::string_view name, std::string_view here) {
  return {name, here, {}, true};
}

constexpr ForeignKey replaced_keys[] = {
    guard("RaftEnabled", "nodes that share a MySQL backend elect the active one through it"),
    guard("FailMasterPromotionOnLagMinutes", no_promotion_veto),
    guard("FailMasterPromotionIfSQLThreadNotUpToDate", drains),
    guard("DelayMasterPromotionIfSQLThreadNotUpToDate", drains),
    guard("PreventCrossDataCenterMasterFailover", "a candidate may be in any data center"),
    guard("PreventCrossRegionMasterFailover", "a candidate may be in any region"),
    renamed_guard("PromotionIgnoreHostnameFilters",
                  "DenyAutoPromotionHostnamePattern, one regular expression for all of them"),
    guard("DetectPromotionRuleQuery", "rules are registered with register-candidate"),
    guard("CoMasterRecoveryMustPromoteOtherCoMaster",
          "replicas of a dead co-master may go below another replica of it"),
    guard("UseSuperReadOnly", "set-read-only sets read_only alone"),
    guard("DetectSemiSyncEnforcedQuery", no_semi_sync),
    guard("EnforceExactSemiSyncReplicas", no_semi_sync),
    guard("RecoverLockedSemiSyncMaster", no_semi_sync),
    guard("DetachLostSlavesAfterMasterFailover", no_detaching),
    guard("DetachLostReplicasAfterMasterFailover", no_detaching),
    guard("MasterFailoverDetachSlaveMasterHost", no_detaching),
    guard("MasterFailoverDetachReplicaMasterHost", no_detaching),
    renamed_guard("RecoveryPeriodBlockSeconds", "RecoveryPeriodBlockMinutes, in minutes"),
    guard("OnFailureDetectionProcesses", no_hook),
    guard("PreGracefulTakeoverProcesses", no_hook),
    guard("PostUnsuccessfulFailoverProcesses", no_hook),
    guard("PostMasterFailoverProcesses", no_hook),
    guard("PostIntermediateMasterFailoverProcesses", no_hook),
    guard("PostGracefulTakeoverProcesses", no_hook),
    guard("PostTakeMasterProcesses", no_hook),
    guard("UnreachableMasterWithStaleSlavesProcesses", no_hook),
    guard("RemoteSSHForMasterFailover",
          "what a dead master has logged last is not fetched from its host by ssh"),
    guard("FailRecoveryOnFailedPostFailoverProcesses",
          "a command that fails after a recovery is an error in its report"),
    guard("DiscoveryIgnoreReplicaHostnameFilters", no_filter),
    guard("DiscoveryIgnoreMasterHostnameFilters", no_filter),
    guard("DiscoveryIgnoreHostnameFilters", no_filter),
    guard("DiscoveryIgnoreReplicationUsernameFilters", no_filter),
    guard("PanicIfDifferentDatabaseDeploy", "a backend that another version has made is opened"),
    renamed_guard("MySQLTopologyUseMutualTLS",
                  "MySQLTopologySSLMode \"required\" or \"verify\", with MySQLTopologySSLCertFile"),
    renamed_guard("MySQLOrchestratorUseMutualTLS",
                  "MySQLOrchestratorSSLMode \"required\" or \"verify\", with MySQLOrchestratorSSLCertFile"),
    guard("SSLValidOUs", "with UseMutualTLS every certificate of an authority of SSLCAFile is accepted"),
    guard("AgentSSLValidOUs", "agents are not served"),
    guard("AgentsUseMutualTLS", "agents are not served"),

    renamed("ReplicationLagQuery", "SlaveLagQuery, in seconds"),
    renamed("ListenSocket", "ListenAddress, as \"unix:/run/orchestrator.sock\""),
    renamed("MySQLTopologySSLSkipVerify", ssl_mode),
    renamed("MySQLTopologyUseMixedTLS", "MySQLTopologySSLMode \"preferred\""),
    renamed("MySQLOrchestratorSSLSkipVerify", backend_ssl_mode),
    renamed("PseudoGTIDPatternIsFixedSubstring", "PseudoGTIDPattern, which is a regular expression"),
    renamed("MySQLTopologyReadTimeoutSeconds", "MySQLDiscoveryReadTimeoutSeconds, in seconds"),
};

constexpr std::string_view keys_without_effect[] = {
    "AccessTokenExpiryMinutes",
    "AccessTokenUseExpirySeconds",
    "AgentAutoDiscover",
    "AgentsServerPort",
    "AgentSSLCAFile",
    "AgentSSLCertFile",
    "AgentSSLPrivateKeyFile",
    "AgentSSLSkipVerify",
    "AuditPurgeDays",
    "AuditToBackendDB",
    "AuditToSyslog",
    "BinlogFileHistoryDays",
    "BufferInstanceWrites",
    "ConsulAclToken",
    "ConsulAddress",
    "ConsulCrossDataCenterDistribution",
    "ConsulKVStoreProvider",
    "ConsulMaxKVsPerTransaction",
    "ConsulScheme",
    "CustomOrcIdentity",
    "DatabaselessMode__experimental",
    "DeadInstanceDiscoveryLogsEnabled",
    "DeadInstanceDiscoveryMaxConcurrency",
    "DeadInstancePollSecondsMax",
    "DeadInstancePollSecondsMultiplyFactor",
    "DefaultRaftPort",
    "DetectClusterDomainQuery",
    "DetectDataCenterQuery",
    "DetectInstanceAliasQuery",
    "DetectPhysicalEnvironmentQuery",
    "DetectRegionQuery",
    "DiscoveryCollectionRetentionSeconds",
    "DiscoveryQueueCapacity",
    "DiscoveryQueueMaxStatisticsSize",
    "DiscoverySeeds",
    "EnableDiscoveryFiltersLogs",
    "EnableSyslog",
    "ExpectFailureAnalysisConcensus",
    "FailureDetectionPeriodBlockMinutes",
    "GraphiteAddr",
    "GraphiteConvertHostnameDotsToUnderscores",
    "GraphitePath",
    "GraphitePollSeconds",
    "HealthPollSeconds",
    "HTTPAdvertise",
    "InstanceFlushIntervalMilliseconds",
    "InstancePoolExpiryMinutes",
    "InstanceWriteBufferSize",
    "KVClusterMasterPrefix",
    "LowerReplicaVersionAllowed",
    "ManagedChannelName",
    "MasterFailoverLostInstancesDowntimeMinutes",
    "MaxConcurrentReplicaOperations",
    "MaxOutdatedKeysToShow",
    "MySQLConnectionLifetimeSeconds",
    "MySQLOrchestratorMaxAllowedPacket",
    "MySQLOrchestratorMaxPoolConnections",
    "MySQLOrchestratorReadTimeoutSeconds",
    "MySQLOrchestratorRejectReadOnly",
    "MySQLTopologyMaxAllowedPacket",
    "OAuthClientId",
    "OAuthClientSecret",
    "OAuthScopes",
    "OSCIgnoreHostnameFilters",
    "PostponeReplicaRecoveryOnLagMinutes",
    "PostponeSlaveRecoveryOnLagMinutes",
    "PowerAuthGroups",
    "PrependMessagesWithOrcIdentity",
    "ProblemIgnoreHostnameFilters",
    "ProcessesShellCommand",
    "PseudoGTIDCoordinatesHistoryHeuristicMinutes",
    "PseudoGTIDMonotonicHint",
    "PseudoGTIDPreferIndependentMultiMatch",
    "RaftAdvertise",
    "RaftBind",
    "RaftDataDir",
    "RaftEnabledSingleNode",
    "RaftHealthPollSeconds",
    "RaftNodes",
    "ReadLongRunningQueries",
    "ReasonableInstanceCheckSeconds",
    "ReasonableLockedSemiSyncMasterSeconds",
    "RecoverNonWriteableMaster",
    "RecoveryPollSeconds",
    "ReduceReplicationAnalysisCount",
    "RegionPattern",
    "RemoteSSHCommand",
    "RemoteSSHCommandUseSudo",
    "ReplicationChannels",
    "SeedWaitSecondsBeforeSend",
    "SkipBinlogEventsContaining",
    "SkipBinlogServerUnresolveCheck",
    "SkipMaxScaleCheck",
    "SnapshotTopologiesIntervalHours",
    "StaleInstanceCoordinatesExpireSeconds",
    "StatusEndpoint",
    "StatusOUVerify",
    "StatusSimpleHealth",
    "SupportFuzzyPoolHostnames",
    "TLSCacheTTLFactor",
    "WebMessage",
    "WebRefreshSeconds",
    "ZkAddress",
};

}  // namespace

std::span<const ForeignKey> foreign_keys() {
  static const auto all = [] {
    std::vector<ForeignKey> keys(std::begin(replaced_keys), std::end(replaced_keys));
    for (const auto name : keys_without_effect) keys.push_back({name});
    return keys;
  }();
  return all;
}

}  // namespace topo::config
