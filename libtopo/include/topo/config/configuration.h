// The configuration file: every key with its type, default and meaning.
//
// A member is named after its key: MySQLTopologyUser is mysql_topology_user. The table in config/keys.h
// reads, checks, prints and documents the keys.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

struct Configuration {
  bool debug = false;
  std::string listen_address = ":3000";

  // Backend
  std::string backend_db;         // "sqlite3" or "mysql"; "": mysql_orchestrator_host decides
  std::string sqlite3_data_file;  // "": orchestrator.sqlite3 in the state folder
  std::string mysql_orchestrator_host;
  std::uint16_t mysql_orchestrator_port = 3306;
  std::string mysql_orchestrator_database;
  std::string mysql_orchestrator_user;
  std::string mysql_orchestrator_password;
  std::string mysql_orchestrator_credentials_config_file;
  std::string mysql_orchestrator_ssl_mode = "preferred";
  std::string mysql_orchestrator_ssl_ca_file;
  std::string mysql_orchestrator_ssl_cert_file;
  std::string mysql_orchestrator_ssl_private_key_file;
  bool skip_orchestrator_database_update = false;

  // Monitored servers
  std::string mysql_topology_user;
  std::string mysql_topology_password;
  std::string mysql_topology_credentials_config_file;
  int mysql_topology_max_pool_connections = 3;
  std::string mysql_topology_ssl_mode = "preferred";
  std::string mysql_topology_ssl_ca_file;
  std::string mysql_topology_ssl_cert_file;
  std::string mysql_topology_ssl_private_key_file;
  std::chrono::seconds mysql_connect_timeout{5};          // MySQLConnectTimeoutSeconds
  std::chrono::seconds mysql_discovery_read_timeout{10};  // MySQLDiscoveryReadTimeoutSeconds
  std::uint16_t default_instance_port = 3306;
  std::string slave_lag_query;
  std::string replication_credentials_query;
  std::chrono::milliseconds slave_start_post_wait{1000};

  // Discovery
  bool discover_by_show_slave_hosts = false;
  std::chrono::seconds instance_poll{60};          // InstancePollSeconds
  std::chrono::hours unseen_instance_forget{240};  // UnseenInstanceForgetHours
  std::chrono::seconds discovery_poll{5};          // DiscoveryPollSeconds
  int discovery_max_concurrency = 300;
  std::chrono::seconds instance_bulk_operations_wait_timeout{60};
  std::chrono::seconds active_node_expire{60};

  // Names
  std::string hostname_resolve_method = "cname";
  std::string mysql_hostname_resolve_method = "none";
  std::chrono::minutes expiry_hostname_resolves{60};
  std::string reject_hostname_resolve_pattern;
  std::map<std::string, std::string> cluster_name_to_alias;
  std::string detect_cluster_alias_query;
  std::string data_center_pattern;
  std::string physical_environment_pattern;
  std::string remove_text_from_hostname_display;

  // Operations
  std::chrono::seconds reasonable_replication_lag{10};
  bool verify_replication_filters = false;
  std::string maintenance_owner;  // "": the logged-in user, or this host
  std::chrono::seconds reasonable_maintenance_replication_lag{20};
  std::chrono::minutes maintenance_expire{10};
  std::chrono::minutes candidate_instance_expire{60};
  std::chrono::days maintenance_purge{365};
  std::string audit_log_file;
  int audit_page_size = 20;

  // TLS of the HTTP server, and the prefix of its pages
  bool use_ssl = false;         // UseSSL
  bool use_mutual_tls = false;  // UseMutualTLS
  std::string ssl_ca_file;      // SSLCAFile
  std::string url_prefix;       // URLPrefix; as read: starts with a slash and does not end with one, or empty
  bool http_status_always_ok = false;  // HTTPStatusAlwaysOK

  // Access
  bool read_only = false;
  std::string authentication_method;
  std::string http_auth_user;
  std::string http_auth_password;
  std::string auth_user_header = "X-Forwarded-User";
  std::vector<std::string> auth_proxy_addresses = {"127.0.0.0/8", "::1"};
  std::vector<std::string> power_auth_users = {"*"};
  std::vector<std::string> http_allowed_hosts;    // HTTPAllowedHosts
  int http_connections_per_address_percent = 25;  // HTTPConnectionsPerAddressPercent

  // Agents
  bool serve_agents_http = false;
  bool agents_use_ssl = false;
  bool ssl_skip_verify = false;
  std::string ssl_private_key_file;
  std::string ssl_cert_file;
  std::chrono::seconds http_timeout{60};
  std::chrono::minutes agent_poll{60};
  std::chrono::hours unseen_agent_forget{6};
  std::chrono::minutes stale_seed_fail{60};
  std::int64_t seed_acceptable_bytes_diff = 8192;

  // Pseudo-GTID
  bool auto_pseudo_gtid = false;                      // AutoPseudoGTID
  std::chrono::seconds auto_pseudo_gtid_interval{5};  // AutoPseudoGTIDIntervalSeconds
  std::string pseudo_gtid_pattern;
  std::string detect_pseudo_gtid_query;
  int binlog_events_chunk_size = 10000;
  bool buffer_binlog_events = true;

  // Recovery
  std::chrono::minutes recovery_period_block{60};
  std::vector<std::string> recovery_ignore_hostname_filters;
  bool make_returned_masters_read_only = true;
  std::vector<std::string> recover_master_cluster_filters;
  std::vector<std::string> recover_intermediate_master_cluster_filters;
  std::string deny_auto_promotion_hostname_pattern;
  bool apply_mysql_promotion_after_master_failover = true;
  std::vector<std::string> pre_failover_processes;
  std::vector<std::string> post_failover_processes;

  // The backend in use: sqlite3 or mysql.
  [[nodiscard]] bool uses_mysql_backend() const;

  // Sets values that depend on other keys: with auto_pseudo_gtid and no pattern, the pattern of the injected
  // entries. Throws Error{invalid_argument} for a pattern that does not match these entries. Called when a
  // configuration is loaded, and by Context.
  void complete();

  // Throws Error{refused} if read_only is set. `what` names the refused operation, such as "move-up of
  // db1:3306".
  void throw_if_read_only(std::string_view what) const;
};

// A warning about configuration files, as a sentence.
struct ConfigurationWarning {
  enum class Kind {
    unguarded,  // a configured protection of servers or of this program has no effect
    mistake,    // the setting is probably a mistake
    unknown,    // an unknown key
    remark,     // keys that have no effect in this version
  };
  Kind kind = Kind::mistake;
  std::string text;
  friend bool operator==(const ConfigurationWarning&, const ConfigurationWarning&) = default;
};

struct LoadedConfiguration {
  Configuration configuration;
  std::vector<std::filesystem::path> files;    // the files that were read, in order
  std::vector<ConfigurationWarning> warnings;  // by kind
  std::vector<std::string> errors{};  // why the configuration is unusable; load_ and parse_ throw instead
};

// The files looked for when none is named; later files override earlier ones: /etc/orchestrator.conf.json,
// then conf/orchestrator.conf.json and orchestrator.conf.json, both relative to `executable_folder` (manual,
// Installation) and, if different, to the working directory.
[[nodiscard]] std::vector<std::filesystem::path> default_configuration_files(
    const std::filesystem::path& executable_folder);

// Applies `files` in order over the defaults: maps are merged, other values are replaced, null restores the
// default. After each file, the credentials files it names are read; their user and password take precedence.
// Skips files that do not exist, and the unchanged sample (configuration_reference(false)). Key names are
// case-insensitive; unknown and duplicate keys are warnings. Unusable TLS files for MySQL are errors. Throws
// Error{invalid_argument} with file, key, value and expected value of the first error, and the number of
// errors.
[[nodiscard]] LoadedConfiguration load_configuration(std::span<const std::filesystem::path> files);
// As above for the one file that the user named; it must exist, and the unchanged sample is read too.
[[nodiscard]] LoadedConfiguration load_configuration(const std::filesystem::path& file);
// Does not throw for the content of the files: all errors are in `errors`.
[[nodiscard]] LoadedConfiguration examine_configuration(std::span<const std::filesystem::path> files);
[[nodiscard]] LoadedConfiguration examine_configuration(const std::filesystem::path& file);
// Throws the error that load_configuration() would throw.
void throw_if_unusable(const LoadedConfiguration& loaded);
// Like load_configuration(), from a text; `name` replaces the file name in messages.
[[nodiscard]] LoadedConfiguration parse_configuration(const std::string& json, const std::string& name);

// All keys with their defaults as JSON: conf/orchestrator.conf.json. `commented` adds the type and meaning of
// each key as // comments, which load_configuration() accepts too.
[[nodiscard]] std::string configuration_reference(bool commented);

}  // namespace topo
