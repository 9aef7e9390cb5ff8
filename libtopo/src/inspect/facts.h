// Converts a server's answers to an Instance, one function per statement. Pure functions, so that tests can
// use recorded answers of servers that are not available.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "topo/model/instance.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/dialect.h"

namespace topo::inspect {

// Maps a server name reported by another server to the name in use.
using ResolveHost = std::function<InstanceKey(const InstanceKey&)>;

// Throws Error{sql} if the result has no row.
void apply_facts(const mysql::ResultSet& rows, Instance& instance);
// For MaxScale's `SHOW VARIABLES LIKE 'maxscale%'`. False: no such variable.
bool apply_maxscale_facts(const mysql::ResultSet& rows, Instance& instance);
// The first column of the first row, possibly with a fraction; nullopt: not a number of seconds.
[[nodiscard]] std::optional<std::chrono::seconds> seconds_in(const mysql::ResultSet& rows);
// From the answer to Dialect::select_gtids().
void apply_gtids(const mysql::ResultSet& rows, Instance& instance);
void apply_uptime(const mysql::ResultSet& rows, Instance& instance);
// From the answers to show_semi_sync_variables() and show_semi_sync_status(): what was refused is unknown.
void apply_semi_sync(const mysql::Answer& variables, const mysql::Answer& status, Instance& instance);
void apply_binary_log_status(const mysql::ResultSet& rows, Instance& instance);
void apply_replica_status(const mysql::ResultSet& rows, const ResolveHost& resolve, Instance& instance);
// Adds long queries; returns the hosts of binlog dump threads, as in the process list, without ports.
std::vector<std::string> apply_processes(const mysql::ResultSet& rows, Timestamp now, Instance& instance);
// Sets replica_hosts from SHOW SLAVE HOSTS (nullptr: not available) and, where that is incomplete, from the
// hosts of binlog dump threads. The latter get the port registered by replicas without a host name if it is
// unambiguous, else this instance's own port.
void apply_replica_hosts(const mysql::ResultSet* registered, const std::vector<std::string>& dumping_hosts,
                         const ResolveHost& resolve, Instance& instance);

}  // namespace topo::inspect
