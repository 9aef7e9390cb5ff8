// From a server's answers to an Instance: one function for each question. Pure, so that recorded answers
// of servers that are not at hand test them.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "topo/mysql/connection.h"
#include "topo/mysql/dialect.h"
#include "topo/topology/instance.h"

namespace topo::inspect {

// A server as another one named it, to the name it is known by.
using ResolveHost = std::function<InstanceKey(const InstanceKey&)>;

// Throws Error{sql} when the answer has no row.
void apply_facts(const mysql::ResultSet& rows, Instance& instance);
// MaxScale's `SHOW VARIABLES LIKE 'maxscale%'`. False: there is no such variable.
bool apply_maxscale_facts(const mysql::ResultSet& rows, Instance& instance);
// The first column of the first row, which may have a fraction; nullopt when it is no time.
[[nodiscard]] std::optional<std::chrono::seconds> seconds_in(const mysql::ResultSet& rows);
void apply_uptime(const mysql::ResultSet& rows, Instance& instance);
void apply_binary_log_status(const mysql::ResultSet& rows, Instance& instance);
void apply_replica_status(const mysql::ResultSet& rows, const ResolveHost& resolve, Instance& instance);
// Long queries; returns the hosts that fetch binary logs, as the process list has them, without their ports.
std::vector<std::string> apply_processes(const mysql::ResultSet& rows, Timestamp now, Instance& instance);
// Sets replica_hosts from SHOW SLAVE HOSTS (nullptr: not asked) and, where that does not tell, from the
// hosts that fetch binary logs. Those are taken to listen on the port that the nameless replicas registered,
// where that is certain, else on this instance's own.
void apply_replica_hosts(const mysql::ResultSet* registered, const std::vector<std::string>& dumping_hosts,
                         const ResolveHost& resolve, Instance& instance);

}  // namespace topo::inspect
