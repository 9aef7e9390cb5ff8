// The configuration file: every key with its type, default and meaning.
//
// A member is named after its key: MySQLTopologyUser is mysql_topology_user. The table in
// config/keys.h is what reads, checks, prints and documents them.
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
  std::string backend_db;         // "sqlite3" or "mysql"; "" decides by mysql_orchestrator_host
  std::string sqlite3_data_file;  // "" is orchestrator.sqlite3 in the state folder
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
  std::string maintenance_owner;  // "": who is logged in, or this host
  std::chrono::seconds reasonable_maintenance_replication_lag{20};
  std::chrono::minutes maintenance_expire{10};
  std::chrono::days maintenance_purge{365};
  std::string audit_log_file;
  int audit_page_size = 20;

  // The server's own TLS, and where its pages lie
  bool use_ssl = false;         // UseSSL
  bool use_mutual_tls = false;  // UseMutualTLS
  std::string ssl_ca_file;      // SSLCAFile
  std::string url_prefix;  // URLPrefix; as read it begins with a slash and does not end with one, or is empty
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
  std::vector<std::string> recover_master_cluster_filters;
  std::vector<std::string> recover_intermediate_master_cluster_filters;
  std::string deny_auto_promotion_hostname_pattern;
  std::vector<std::string> pre_failover_processes;
  std::vector<std::string> post_failover_processes;

  // The backend to use: sqlite3 or mysql.
  [[nodiscard]] bool uses_mysql_backend() const;

  // What follows from other keys: with auto_pseudo_gtid, the pattern of the entries that are injected where
  // none is given. Throws Error{invalid_argument} for a pattern that does not find them. What loads a
  // configuration does this, and so does a Context.
  void complete();

  // Throws Error{refused} when read_only: `what`, as in "move-up of db1:3306", is not to happen.
  void throw_if_read_only(std::string_view what) const;
};

// Something odd about configuration files, in a sentence.
struct ConfigurationWarning {
  enum class Kind {
    unguarded,  // what somebody relies on, to keep servers or this program from harm, does not happen
    mistake,    // most likely something else was meant
    unknown,    // a key that nobody knows
    remark,     // keys that have no effect in this version
  };
  Kind kind = Kind::mistake;
  std::string text;
  friend bool operator==(const ConfigurationWarning&, const ConfigurationWarning&) = default;
};

struct LoadedConfiguration {
  Configuration configuration;
  std::vector<std::filesystem::path> files;    // those that were read, in order
  std::vector<ConfigurationWarning> warnings;  // by kind
  std::vector<std::string> errors{};           // why it cannot be used; load_ and parse_ throw instead
};

// The files looked for when none is named, in the order in which they are laid over each other:
// /etc/orchestrator.conf.json, then conf/orchestrator.conf.json and orchestrator.conf.json, both relative to
// `executable_folder` (manual, Installation) and, if that is another, to the working directory.
[[nodiscard]] std::vector<std::filesystem::path> default_configuration_files(
    const std::filesystem::path& executable_folder);

// Reads `files` over the defaults, each laid over the former: maps are merged, everything else is replaced,
// and null is the default. After each, the credentials files that are then named are read, and what they say
// replaces user and password. Files that do not exist are skipped, and so is the sample as it comes
// (configuration_reference(false)). Keys are matched without case; those that are unknown or given twice are
// warnings. Throws Error{invalid_argument}, naming file, key, value and what would be right of the first
// error, and how many there are; files with certificates and keys for MySQL that cannot be used are errors,
// too.
[[nodiscard]] LoadedConfiguration load_configuration(std::span<const std::filesystem::path> files);
// As above for the one file that the user named: it must exist, whatever is in it.
[[nodiscard]] LoadedConfiguration load_configuration(const std::filesystem::path& file);
// The same without throwing for what is in the files: all that is wrong is in `errors`.
[[nodiscard]] LoadedConfiguration examine_configuration(std::span<const std::filesystem::path> files);
[[nodiscard]] LoadedConfiguration examine_configuration(const std::filesystem::path& file);
// Throws what load_configuration() would.
void throw_if_unusable(const LoadedConfiguration& loaded);
// As load_configuration() from a text; `name` stands for the file in messages.
[[nodiscard]] LoadedConfiguration parse_configuration(const std::string& json, const std::string& name);

// Every key with its default as JSON: conf/orchestrator.conf.json. `commented` adds each one's type
// and meaning as // comments, which load_configuration accepts too.
[[nodiscard]] std::string configuration_reference(bool commented);

}  // namespace topo
