#include "config/keys.h"

#include <limits>
#include <utility>

namespace topo::config {
namespace {

using C = Configuration;

constexpr std::int64_t day = 86400;
constexpr Range port{1, 65535};

constexpr std::string_view no_agents = "agents are not served";
constexpr std::string_view recovers_on_request =
    "nothing is recovered automatically; the command `recover` does it for any cluster";

OneOf tls_modes() {
  return {{"disabled", "preferred", "required", "verify"}};
}

Section general() {
  return {
      "General",
      {at_start({"Debug", &C::debug, "Log in detail, as --debug does."}),
       at_start({"ListenAddress", &C::listen_address,
                 "Address of the HTTP server; \"127.0.0.1:3000\" accepts only connections from this machine, "
                 "\"unix:/run/orchestrator.sock\" is a socket in the file system.",
                 Address{}}),
       at_start({"URLPrefix", &C::url_prefix,
                 "The path below which the pages and the API lie, such as \"/orchestrator\", for a proxy "
                 "that passes it on; empty: at the top.",
                 UrlPrefix{}}),
       at_start(
           {"UseSSL", &C::use_ssl, "The HTTP server speaks HTTPS, with SSLCertFile and SSLPrivateKeyFile."}),
       at_start({"UseMutualTLS", &C::use_mutual_tls,
                 "With UseSSL: clients must show a certificate that an authority of SSLCAFile has signed."}),
       at_start(
           {"SSLCAFile", &C::ssl_ca_file, "PEM file with the authorities that sign clients' certificates."}),
       at_start({"SSLCertFile", &C::ssl_cert_file,
                 "PEM file with the certificate of the HTTP server; what lies between it and its authority "
                 "may follow."}),
       at_start({"SSLPrivateKeyFile", &C::ssl_private_key_file,
                 "PEM file with the private key of SSLCertFile.", PrivateFile{}}),
       {"HTTPStatusAlwaysOK", &C::http_status_always_ok,
        "Answer every API request with status 200, also one that failed, for clients that look at Code "
        "alone."}}};
}

Section backend() {
  return {
      "Backend: the database of orchestrator",
      {at_start({"BackendDB", &C::backend_db,
                 "Kind of backend; empty: mysql if MySQLOrchestratorHost is set, else sqlite3.",
                 OneOf{{"", "sqlite3", "mysql"}, {{"sqlite", "sqlite3"}}}}),
       at_start(
           {"SQLite3DataFile", &C::sqlite3_data_file,
            "The database file of a sqlite3 backend; empty: orchestrator.sqlite3 in the state folder of the "
            "service.",
            DataFile{}}),
       at_start(
           {"MySQLOrchestratorHost", &C::mysql_orchestrator_host, "Host of a mysql backend.", HostName{}}),
       at_start({"MySQLOrchestratorPort", &C::mysql_orchestrator_port, "Port of a mysql backend.", port}),
       at_start({"MySQLOrchestratorDatabase", &C::mysql_orchestrator_database, "Schema of a mysql backend."}),
       at_start({"MySQLOrchestratorUser", &C::mysql_orchestrator_user, "Account on a mysql backend."}),
       at_start({"MySQLOrchestratorPassword",
                 &C::mysql_orchestrator_password,
                 "Password of MySQLOrchestratorUser.",
                 {},
                 true}),
       at_start(
           {"MySQLOrchestratorCredentialsConfigFile", &C::mysql_orchestrator_credentials_config_file,
            "A file in the form of my.cnf whose [client] section has user and password, in place of the two "
            "above."}),
       at_start({"MySQLOrchestratorSSLMode", &C::mysql_orchestrator_ssl_mode,
                 "TLS towards a mysql backend: verify also checks the certificate and its host name.",
                 tls_modes()}),
       at_start({"MySQLOrchestratorSSLCAFile", &C::mysql_orchestrator_ssl_ca_file,
                 "PEM file with the authorities that sign the backend's certificate."}),
       at_start({"MySQLOrchestratorSSLCertFile", &C::mysql_orchestrator_ssl_cert_file,
                 "PEM file with the certificate to show to the backend."}),
       at_start({"MySQLOrchestratorSSLPrivateKeyFile", &C::mysql_orchestrator_ssl_private_key_file,
                 "PEM file with the private key of that certificate.", PrivateFile{}}),
       at_start({"SkipOrchestratorDatabaseUpdate", &C::skip_orchestrator_database_update,
                 "Do not create or update the backend's tables at start."})}};
}

Section monitored() {
  return {
      "Monitored servers",
      {{"MySQLTopologyUser", &C::mysql_topology_user, "Account on all monitored servers."},
       {"MySQLTopologyPassword", &C::mysql_topology_password, "Password of MySQLTopologyUser.", {}, true},
       {"MySQLTopologyCredentialsConfigFile", &C::mysql_topology_credentials_config_file,
        "A file in the form of my.cnf whose [client] section has user and password, in place of the two "
        "above."},
       at_start({"MySQLTopologyMaxPoolConnections", &C::mysql_topology_max_pool_connections,
                 "Most connections to one server at a time, idle ones included.", Range{1, 1000}}),
       at_start({"MySQLTopologySSLMode", &C::mysql_topology_ssl_mode,
                 "TLS towards monitored servers: verify also checks the certificate and its host name.",
                 tls_modes()}),
       {"MySQLTopologySSLCAFile", &C::mysql_topology_ssl_ca_file,
        "PEM file with the authorities that sign the servers' certificates."},
       {"MySQLTopologySSLCertFile", &C::mysql_topology_ssl_cert_file,
        "PEM file with the certificate to show to the servers."},
       {"MySQLTopologySSLPrivateKeyFile", &C::mysql_topology_ssl_private_key_file,
        "PEM file with the private key of that certificate.", PrivateFile{}},
       {"MySQLConnectTimeoutSeconds", &C::mysql_connect_timeout,
        "How long connecting to a monitored server or to the backend may take.", Range{1, 3600}},
       {"MySQLDiscoveryReadTimeoutSeconds", &C::mysql_discovery_read_timeout,
        "How long a monitored server may take to answer.", Range{1, 3600}},
       {"DefaultInstancePort", &C::default_instance_port, "Port of an instance that is named without one.",
        port},
       {"SlaveLagQuery", &C::slave_lag_query,
        "A query that returns a replica's lag in seconds (from a heartbeat table, say); empty: what the "
        "replica itself reports.",
        Query{}},
       {"ReplicationCredentialsQuery", &C::replication_credentials_query,
        "A query, run on a replica, that returns the account to replicate with, for make-co-master: one row "
        "of user, password and, if need be, the files of TLS on the servers: authorities, certificate, key.",
        Query{}},
       {"SlaveStartPostWaitMilliseconds", &C::slave_start_post_wait,
        "How long a replica gets to connect after its replication was started, before it is read again.",
        Range{0, 600000}}}};
}

Section discovery() {
  return {
      "Discovery",
      {{"DiscoverByShowSlaveHosts", &C::discover_by_show_slave_hosts,
        "Find replicas by what they report to their master (report_host, report_port), and only then by the "
        "master's process list. Needed where several instances share a host."},
       {"InstancePollSeconds", &C::instance_poll, "How often each server is read.", Range{1, day}},
       {"UnseenInstanceForgetHours", &C::unseen_instance_forget,
        "A server that was unreachable for this long is forgotten.", Range{1, 100000}},
       {"DiscoveryPollSeconds", &C::discovery_poll,
        "How often the continuous discovery looks for servers that are due.", Range{1, 3600}},
       at_start({"DiscoveryMaxConcurrency", &C::discovery_max_concurrency,
                 "Most servers read at the same time.", Range{1, 10000}}),
       {"InstanceBulkOperationsWaitTimeoutSeconds", &C::instance_bulk_operations_wait_timeout,
        "How long an operation on many instances waits for each of them.", Range{1, day}},
       {"ActiveNodeExpireSeconds", &C::active_node_expire,
        "Of the nodes that share a backend, another takes over after the active one was silent for so long.",
        Range{1, day}}}};
}

Section names() {
  return {
      "Names",
      {at_start(
           {"HostnameResolveMethod", &C::hostname_resolve_method,
            "How a host name becomes the name that the instance is known by: cname asks the DNS for the "
            "canonical name; none and default take it as it is, default also writes it to the shared cache.",
            OneOf{{"none", "default", "cname"}, {{"", "none"}}}}),
       {"MySQLHostnameResolveMethod", &C::mysql_hostname_resolve_method,
        "Whether an instance uses the name that its server reports, if that name is proven to lead to "
        "it.",
        OneOf{{"none", "@@hostname", "@@report_host"}, {{"", "none"}}}},
       at_start({"ExpiryHostnameResolvesMinutes", &C::expiry_hostname_resolves,
                 "How long a resolved name is kept; 0 counts as 1.", Range{0, 525600}}),
       at_start({"RejectHostnameResolvePattern", &C::reject_hostname_resolve_pattern,
                 "Resolved names that match are rejected (protection against wrong DNS answers).",
                 Pattern{}}),
       {"ClusterNameToAlias", &C::cluster_name_to_alias,
        "A friendly name for the clusters whose name (host:port of the master) matches the pattern.",
        Pattern{}},
       {"DetectClusterAliasQuery", &C::detect_cluster_alias_query,
        "A query, run on masters, that returns the alias of the cluster: one row, one column. Goes before "
        "ClusterNameToAlias. If several clusters report one alias, one of them has it; an alias no longer "
        "reported is removed.",
        Query{}},
       at_start({"DataCenterPattern", &C::data_center_pattern,
                 "Its group finds the data center in a host name.", Pattern{true}}),
       at_start({"PhysicalEnvironmentPattern", &C::physical_environment_pattern,
                 "Its group finds the environment (production, development) in a host name.", Pattern{true}}),
       {"RemoveTextFromHostnameDisplay", &C::remove_text_from_hostname_display,
        "Text to leave out of names on web pages, such as \".mycompany.com:3306\"."}}};
}

Section operations() {
  return {
      "Operations",
      {{"ReasonableReplicationLagSeconds", &C::reasonable_replication_lag,
        "A replica that lags more is shown as a problem.", Range{0, 100 * day}},
       {"VerifyReplicationFilters", &C::verify_replication_filters,
        "Refuse to move an unfiltered replica below a replica with replication filters."},
       {"MaintenanceOwner", &C::maintenance_owner,
        "Owner of a maintenance lock that names none; empty: the user of the command line, or this host."},
       {"ReasonableMaintenanceReplicationLagSeconds", &C::reasonable_maintenance_replication_lag,
        "A replica that lags more, by itself or by SlaveLagQuery, is not moved up or below another.",
        Range{0, 100 * day}},
       at_start({"MaintenanceExpireMinutes", &C::maintenance_expire,
                 "A maintenance lock that is older is stale and is lifted.", Range{1, 525600}}),
       at_start({"CandidateInstanceExpireMinutes", &C::candidate_instance_expire,
                 "A promotion rule that was registered longer ago no longer counts, except must_not.",
                 Range{1, 52560000}}),
       {"MaintenancePurgeDays", &C::maintenance_purge,
        "Finished maintenance that is older is deleted from the backend.", Range{1, 36500}},
       at_start({"AuditLogFile", &C::audit_log_file,
                 "A file to which changes are logged, besides the backend's table; empty: none."}),
       {"AuditPageSize", &C::audit_page_size, "Entries on a page of the audit.", Range{1, 10000}}}};
}

Section access() {
  return {
      "Access to the web pages and the API",
      {{"ReadOnly", &C::read_only,
        "This process changes nothing: no moves, no recoveries, no injected entries, no discovery on "
        "request."},
       {"AuthenticationMethod", &C::authentication_method,
        "Empty: no login. basic: HTTPAuthUser. multi: HTTPAuthUser, and readonly with any "
        "password, with read access only. proxy: a proxy names the user in AuthUserHeader.",
        OneOf{{"", "basic", "multi", "proxy"}, {{"none", ""}}}},
       {"HTTPAuthUser", &C::http_auth_user, "The user of basic and multi."},
       {"HTTPAuthPassword", &C::http_auth_password, "Password of HTTPAuthUser.", {}, true},
       {"AuthUserHeader", &C::auth_user_header, "The HTTP header in which a proxy names the user."},
       {"AuthProxyAddresses", &C::auth_proxy_addresses,
        "Where proxies may connect from, as addresses or networks (\"10.0.0.7\", \"10.0.0.0/8\"); "
        "a unix socket always counts. Their X-Forwarded-Proto is believed, and, when this is configured, "
        "their X-Forwarded-For; with the method proxy, AuthUserHeader from elsewhere is refused."},
       {"PowerAuthUsers", &C::power_auth_users,
        "With proxy: the users who may change topologies; \"*\" is every user."},
       {"HTTPAllowedHosts", &C::http_allowed_hosts,
        "Further names of the HTTP server, as in orchestrator.example.com; requests whose Host is not a name "
        "of it are refused, so that a page of another site cannot pass for one of its own. Addresses, "
        "localhost, the names of this host and the host of ListenAddress need not be listed; \"*\" is any "
        "name."},
       {"HTTPConnectionsPerAddressPercent", &C::http_connections_per_address_percent,
        "How many percent of all connections to the HTTP server one client address may hold; those of "
        "AuthProxyAddresses and unix sockets may hold all.",
        Range{1, 100}}}};
}

Section agents() {
  std::vector<Key> keys{
      at_start({"ServeAgentsHttp", &C::serve_agents_http, "Accept agents and poll them."}),
      at_start({"AgentsUseSSL", &C::agents_use_ssl, "Speak HTTPS with agents, both ways."}),
      {"SSLSkipVerify", &C::ssl_skip_verify, "Do not check the certificates of agents."},
      {"HttpTimeoutSeconds", &C::http_timeout, "How long an agent may take to answer.", Range{1, day}},
      {"AgentPollMinutes", &C::agent_poll, "How often an agent is polled.", Range{1, 525600}},
      {"UnseenAgentForgetHours", &C::unseen_agent_forget,
       "An agent that was silent for so long is forgotten.", Range{1, 100000}},
      {"StaleSeedFailMinutes", &C::stale_seed_fail, "A seed without progress for so long has failed.",
       Range{1, 525600}},
      {"SeedAcceptableBytesDiff", &C::seed_acceptable_bytes_diff,
       "Difference in bytes between source and target of a seed that still counts as complete.",
       Range{0, std::numeric_limits<std::int64_t>::max()}}};
  for (auto& key : keys) key = without_effect(key, no_agents);
  return {"Agents", std::move(keys)};
}

Section pseudo_gtid() {
  return {
      "Pseudo-GTID",
      {at_start(
           {"AutoPseudoGTID", &C::auto_pseudo_gtid,
            "Inject entries on all masters that are writeable, without their event schedulers. Needs DROP on "
            "_pseudo_gtid_.*; PseudoGTIDPattern and DetectPseudoGTIDQuery may then be left empty."}),
       {"AutoPseudoGTIDIntervalSeconds", &C::auto_pseudo_gtid_interval,
        "How often AutoPseudoGTID injects an entry on each master.", Range{1, 3600}},
       {"PseudoGTIDPattern", &C::pseudo_gtid_pattern,
        "Finds the injected entries in binary logs; empty: operations by Pseudo-GTID are off, unless "
        "AutoPseudoGTID is on.",
        Pattern{}},
       {"DetectPseudoGTIDQuery", &C::detect_pseudo_gtid_query,
        "A query that returns 1 on instances to which entries are injected. Changes of its table on a former "
        "master are no obstacle to rejoin.",
        Query{}},
       {"BinlogEventsChunkSize", &C::binlog_events_chunk_size,
        "Events read from a log at a time; more of them hold the log's lock for longer.", Range{1, 10000000}},
       {"BufferBinlogEvents", &C::buffer_binlog_events,
        "Read each chunk at once, which frees the log's lock sooner, rather than event by event."}}};
}

Section recovery() {
  return {
      "Recovery",
      {{"RecoveryPeriodBlockMinutes", &C::recovery_period_block,
        "Block period of a recovery: for this long, no other process recovers the instance while the "
        "recovery runs, and afterwards it is not repeated for a successor alone.",
        Range{0, 525600}},
       {"RecoveryIgnoreHostnameFilters", &C::recovery_ignore_hostname_filters,
        "Hosts that match any of these are not analysed.", Pattern{}},
       {"MakeReturnedMastersReadOnly", &C::make_returned_masters_read_only,
        "Make a former master that answers again read-only at once, for all accounts where the server can, "
        "while the master that took its place is read and writable."},
       without_effect({"RecoverMasterClusterFilters", &C::recover_master_cluster_filters,
                       "Clusters whose dead master is recovered; \".*\" is all of them.", ClusterFilters{}},
                      recovers_on_request, true),
       without_effect(
           {"RecoverIntermediateMasterClusterFilters", &C::recover_intermediate_master_cluster_filters,
            "Clusters whose dead intermediate masters are recovered.", ClusterFilters{}},
           recovers_on_request, true),
       {"DenyAutoPromotionHostnamePattern", &C::deny_auto_promotion_hostname_pattern,
        "Hosts that are never promoted by a recovery.", Pattern{}},
       {"ApplyMySQLPromotionAfterMasterFailover", &C::apply_mysql_promotion_after_master_failover,
        "A replica that takes the place of a dead master becomes writable, and its replication is reset. "
        "false: "
        "`recover` leaves it below the dead master, and `make-master` stops its replication."},
       {"PreFailoverProcesses", &C::pre_failover_processes,
        "Commands run before a recovery; one that fails stops it.", HookCommands{true}},
       {"PostFailoverProcesses", &C::post_failover_processes, "Commands run after a recovery.",
        HookCommands{}}}};
}

}  // namespace

std::span<const Section> sections() {
  static const std::vector<Section> all{general(),    backend(), monitored(), discovery(),   names(),
                                        operations(), access(),  agents(),    pseudo_gtid(), recovery()};
  return all;
}

}  // namespace topo::config
