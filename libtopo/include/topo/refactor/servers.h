// Servers: the servers that an operation works on: reading their state, and the statements that change their
// replication. Implemented by real servers and, in tests, by simulated ones in memory.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgtid/events.h"
#include "topo/model/instance.h"
#include "topo/mysql/privileges.h"
#include "topo/mysql/replication_statements.h"

namespace topo {

class Context;

namespace refactor {

// The replication state that a server reported right after a statement.
struct ReplicationState {
  std::optional<ReplicationChannel> channel;           // nullopt: it does not replicate
  BinlogCoordinates log_end;                           // of the server's binary log; empty: it has none
  std::optional<std::chrono::milliseconds> heartbeat;  // nullopt: unknown
  std::string executed_gtid_set, logged_gtids;         // as of Instance
};

// What a ReplicationState contains besides the channel; each costs a statement.
struct WantedState {
  bool log_end = false;
  bool heartbeat = false;
  bool gtids = false;
};

struct QuietLogEnd {
  BinlogCoordinates end;
  // Clients that want to write there all the same, such as "root@10.0.0.7:51334 (connection 17)"; "": none.
  std::string writers;
  // Why something may have been in the middle of a commit; "": nothing was.
  std::string doubt;
};

// MySQL 5.6 and newer, ER_SLAVE_RLI_INIT_REPOSITORY: the index of the relay logs lists missing files, for
// example because the server went down while CHANGE MASTER TO deleted them. Another CHANGE MASTER TO does not
// repair that.
inline constexpr unsigned relay_logs_are_broken = 1872;

// All functions throw Error, naming the server and its error; with the code unreachable or timeout it is
// uncertain what was done. Thread-safe; calls about one server wait for each other. An Instance parameter
// selects the server and the channel, and must come from read().
class Servers {
 public:
  virtual ~Servers() = default;

  // Facts, replication and the end of the binary log: what the rules need, in one request.
  virtual Instance read(const InstanceKey& key) = 0;
  // The result of SlaveLagQuery; nullopt: not configured, or no result.
  virtual std::optional<std::chrono::seconds> measured_lag(const InstanceKey& key) = 0;
  // Whether both names were proven to lead to one server. False: not proven, for whatever reason; nullopt: no
  // server answers under the name `one`.
  virtual std::optional<bool> are_same(const InstanceKey& one, const InstanceKey& other) = 0;
  // Time since the server was started.
  virtual std::chrono::seconds uptime(const InstanceKey& key) = 0;
  virtual ReplicationState look(const Instance& server, WantedState wanted = {}) = 0;
  // Returns when both threads have ended.
  virtual ReplicationState stop(const Instance& server, WantedState wanted = {}) = 0;
  // Returns when the threads have started. Throws mysql::SqlError with the number relay_logs_are_broken when
  // the relay logs cannot be read.
  virtual ReplicationState start(const Instance& server, mysql::Threads threads) = 0;
  // Makes a stopped server execute its master's log up to `coordinates`, and stops it there. Throws
  // Error{timeout} if the server does not get there within InstanceBulkOperationsWaitTimeoutSeconds; the
  // server is then stopped where it is.
  virtual ReplicationState run_until(const Instance& server, const BinlogCoordinates& coordinates,
                                     WantedState wanted = {}) = 0;
  // Waits until a running server has executed its master's log up to `coordinates`. Throws as run_until, but
  // the server keeps running.
  virtual ReplicationState wait_for(const Instance& server, const BinlogCoordinates& coordinates) = 0;
  virtual void change_master(const Instance& server, const mysql::MasterChange& change) = 0;
  // Stopped servers only: replaces the relay logs by new ones, and fetches again from the master and
  // coordinates of `change`. A server that goes down meanwhile has no coordinates. MySQL 5.6 can do this only
  // when the index of its relay logs is gone, too, or the server was no replica.
  virtual void renew_relay_logs(const Instance& server, const mysql::MasterChange& change) = 0;
  // Stopped servers only: changes only the coordinates in the master's log.
  virtual void change_coordinates(const Instance& server, const BinlogCoordinates& coordinates,
                                  std::optional<std::chrono::milliseconds> heartbeat) = 0;
  // Whether what a server has received, up to these coordinates of its master's log, need not be executed.
  using IsNeedless = std::function<bool(const BinlogCoordinates&)>;
  // Stops receiving, executes all that was received, and stops; the result has the end of the server's log.
  // Throws as run_until, and Error{refused} as soon as the rest is needless (empty: never), but the server is
  // not stopped then: see resume().
  virtual ReplicationState drain(const Instance& server, WantedState wanted = {},
                                 const IsNeedless& is_needless = {}) = 0;
  // After a drain that failed: the threads that run are those that ran in `server` again. One of them runs
  // all the time, unless neither did: MariaDB deletes relay logs when replication by GTID is started with
  // both stopped.
  virtual ReplicationState resume(const Instance& server, WantedState wanted = {}) = 0;
  // Stops replication, and changes the delay; no relay log is deleted. For replicas whose delay can be lifted
  // (why_not_lift_delay()).
  virtual void set_delay(const Instance& server, std::chrono::seconds delay) = 0;
  // Skips the next transaction of the master's log.
  virtual void skip_transaction(const Instance& server) = 0;
  // `for_all`: also super_read_only, where the server has it. Throws Error{timeout} when statements or locks
  // of other connections keep the server from becoming read-only for
  // InstanceBulkOperationsWaitTimeoutSeconds; it is as before then. MySQL Reference Manual, "read_only".
  virtual void set_read_only(const Instance& server, bool read_only, bool for_all) = 0;
  // Where the binary log of a read-only server ends whose read_only does not hold for accounts with SUPER, at
  // a moment when nothing is being committed: commits are blocked for that moment. Waits one second for it.
  virtual QuietLogEnd quiet_log_end(const Instance& server) = 0;
  // Throws Error{refused} when the plugin of a side that the change switches on is not loaded; nothing is
  // changed then.
  virtual void set_semi_sync(const Instance& server, const SemiSyncChange& change) = 0;
  // False: the event scheduler does not run, or cannot be stopped (DISABLED). MySQL Reference Manual,
  // "event_scheduler".
  virtual bool runs_events(const Instance& server) = 0;
  virtual void stop_events(const Instance& server) = 0;
  virtual void start_events(const Instance& server) = 0;
  // Which events a server that has become a master does not run, as it got them as a replica; "": none that
  // this program's account can see.
  virtual std::string disabled_events(const Instance& server) = 0;
  // How many transactions of XA are prepared there. Throws mysql::SqlError if the account may not see them.
  virtual std::size_t prepared_transactions(const Instance& server) = 0;
  // The clients that have an open transaction that has changed rows, and can commit it although the server is
  // read-only, such as "root@10.0.0.7:51334 (connection 17)"; "": none. Throws mysql::SqlError if the account
  // may not see them.
  virtual std::string open_writers(const Instance& server) = 0;
  // Ends the connections of clients, except those of replication and of this program's account.
  virtual void end_clients(const Instance& server) = 0;
  // MySQL: commits an empty transaction for each GTID of the set that the server has not executed.
  virtual void inject_empty(const Instance& server, const std::string& gtids) = 0;
  // Stopped servers only; deletes the binary logs. MySQL: gtid_executed becomes `executed`; may be repeated.
  // MariaDB: the server forgets what it has committed itself and logged, which `errant` must include. Throws
  // Error{refused}, and changes nothing, if it would forget more.
  virtual void reset_gtids(const Instance& server, const std::string& errant,
                           const std::string& executed) = 0;
  virtual void kill_query(const Instance& server, std::uint64_t process) = 0;

  // Whether the server has an account to replicate with once it gets a master; nullopt: it does not report
  // that.
  virtual std::optional<bool> has_replication_account(const Instance& server) = 0;
  // The privileges that this program's account lacks there, a phrase each: "RELOAD, to make it forget a
  // master".
  virtual std::vector<std::string> missing_privileges(const Instance& server,
                                                      const std::vector<mysql::Task>& tasks) = 0;
  // The result of ReplicationCredentialsQuery; nullopt: no row, or no user in it.
  virtual std::optional<mysql::ReplicationAccount> replication_account(const Instance& server) = 0;

  // Stopped servers only: the server is no longer a replica.
  virtual void forget_master(const Instance& server) = 0;

  // True: the server may have committed replicated transactions in another order than its master, and its
  // logs do not show it.
  virtual bool commits_out_of_order(const Instance& server) = 0;
  // The server's binary logs, or the relay logs of its channel, read over a separate connection.
  virtual std::unique_ptr<pgtid::EventReader> logs(const Instance& server, LogType type) = 0;

  // A name of the connection that sends statements to the server; "": no connection.
  virtual std::string connection_to(const InstanceKey& key) = 0;
  // Ends the connection of this name, also one of another process, so that nothing sent over it is executed
  // any more. If this object itself loses a connection, it ends that one before it uses the next. No error if
  // there is no such connection. Throws Error{timeout} when the connection does not end.
  virtual void end_connection(const InstanceKey& key, const std::string& name) = 0;
};

// Real servers, over separate connections that are kept for the lifetime of the object.
[[nodiscard]] std::unique_ptr<Servers> live_servers(Context& context);

}  // namespace refactor
}  // namespace topo
