// Servers: the servers that an operation works on, as it sees them: what they say of themselves, and the
// statements that change how they replicate. Behind it are real servers, or in tests a fleet made of memory.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgtid/events.h"
#include "topo/mysql/privileges.h"
#include "topo/mysql/replication_statements.h"
#include "topo/topology/instance.h"

namespace topo {

class Context;

namespace refactor {

// Where a server stands, as it said right after a statement.
struct Stand {
  std::optional<ReplicationChannel> channel;           // nullopt: it does not replicate
  BinlogCoordinates log_end;                           // of its own binary log; empty when it has none
  std::optional<std::chrono::milliseconds> heartbeat;  // nullopt: not known
};

// What a Stand is to tell besides the channel; each costs a statement.
struct Wanted {
  bool log_end = false;
  bool heartbeat = false;
};

// MySQL 5.6 and newer, ER_SLAVE_RLI_INIT_REPOSITORY: the index of its relay logs lists files that are gone,
// as when it went down while CHANGE MASTER TO deleted them. No other CHANGE MASTER TO mends that.
inline constexpr unsigned relay_logs_are_broken = 1872;

// All functions throw Error, naming the server and what it said; what was done then is not certain when the
// code is unreachable or timeout. Thread-safe; calls about one server wait for each other. The Instance
// that is passed says which server and which channel; it is one that read() gave.
class Servers {
 public:
  virtual ~Servers() = default;

  // Facts, replication, and where the binary log ends: what rules ask for, in one request.
  virtual Instance read(const InstanceKey& key) = 0;
  // SlaveLagQuery's answer; nullopt: none is configured, or it gave none.
  virtual std::optional<std::chrono::seconds> measured_lag(const InstanceKey& key) = 0;
  // Whether both names were proven to lead to one server. False: they were not, for whatever reason; nullopt:
  // nobody answers under the name `one`.
  virtual std::optional<bool> are_same(const InstanceKey& one, const InstanceKey& other) = 0;
  // Since the server was started.
  virtual std::chrono::seconds uptime(const InstanceKey& key) = 0;
  virtual Stand look(const Instance& server, Wanted wanted = {}) = 0;
  // Returns when both threads have ended.
  virtual Stand stop(const Instance& server, Wanted wanted = {}) = 0;
  // Returns when they have begun. mysql::SqlError with the number relay_logs_are_broken: its relay logs
  // cannot be read.
  virtual Stand start(const Instance& server, mysql::Threads threads) = 0;
  // Lets a stopped server execute its master's log up to that place, and stops it there. Throws
  // Error{timeout} if it has not come there within InstanceBulkOperationsWaitTimeoutSeconds; it is then
  // stopped where it is.
  virtual Stand run_until(const Instance& server, const BinlogCoordinates& place, Wanted wanted = {}) = 0;
  // Of a server that runs: returns when it has executed its master's log up to that place. Throws as
  // run_until, but it runs on.
  virtual Stand wait_for(const Instance& server, const BinlogCoordinates& place) = 0;
  virtual void change_master(const Instance& server, const mysql::MasterChange& change) = 0;
  // Of a stopped server: begins new relay logs in place of those it has, and fetches again from that master
  // and place on. Should it go down meanwhile it has no place. MySQL 5.6 can only when their index, too, is
  // gone.
  virtual void renew_relay_logs(const Instance& server, const mysql::MasterChange& change) = 0;
  // Of a stopped server: only the place in its master's log.
  virtual void change_place(const Instance& server, const BinlogCoordinates& place,
                            std::optional<std::chrono::milliseconds> heartbeat) = 0;
  // Stops fetching, executes all that was fetched, and stops; tells the end of its log. Throws as run_until.
  virtual Stand drain(const Instance& server, Wanted wanted = {}) = 0;
  // The next transaction of the master's log is to be left out.
  virtual void skip_transaction(const Instance& server) = 0;
  virtual void set_read_only(const Instance& server, bool read_only) = 0;
  virtual void kill_query(const Instance& server, std::uint64_t process) = 0;

  // Whether it has an account to replicate with, once it gets a master; nullopt: it does not tell.
  virtual std::optional<bool> has_replication_account(const Instance& server) = 0;
  // What this program's account may not do there, a phrase each: "RELOAD, to make it forget a master".
  virtual std::vector<std::string> missing_privileges(const Instance& server,
                                                      const std::vector<mysql::Task>& tasks) = 0;
  // What ReplicationCredentialsQuery gives there; nullopt: no row, or no user in it.
  virtual std::optional<mysql::ReplicationAccount> replication_account(const Instance& server) = 0;

  // Of a stopped server: it is a replica no more.
  virtual void forget_master(const Instance& server) = 0;

  // It may have committed what it replicates in another order than its master, and its logs do not tell.
  virtual bool commits_out_of_order(const Instance& server) = 0;
  // Its binary logs, or the relay logs of its channel, to be read over a connection of their own.
  virtual std::unique_ptr<pgtid::EventReader> logs(const Instance& server, LogType type) = 0;

  // A name of the connection over which statements go to that server; "" when there is none.
  virtual std::string connection_to(const InstanceKey& key) = 0;
  // Ends the connection of that name, be it of another process, so that nothing that was sent over it is
  // still carried out. A connection that was lost to this object itself is ended by it before the next one is
  // used. No error if there is no such connection. Throws Error{timeout} when it does not end.
  virtual void end_connection(const InstanceKey& key, const std::string& name) = 0;
};

// Real servers, over connections of their own that are kept for as long as the object lives.
[[nodiscard]] std::unique_ptr<Servers> live_servers(Context& context);

}  // namespace refactor
}  // namespace topo
