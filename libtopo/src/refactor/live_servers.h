// LiveServers: real servers, over a connection to each that is kept for the lifetime of the object.
//
// live_servers.cpp has what reads and changes a server, live_servers_draining.cpp how a replica executes all
// that it has received, live_servers_gtids.cpp how errant transactions are mended, and
// live_servers_accounts.cpp accounts and privileges.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "inspect/facts.h"
#include "refactor/operation_connections.h"
#include "refactor/proven_names.h"
#include "topo/mysql/applier_threads.h"
#include "topo/mysql/mariadb_gtid.h"
#include "topo/refactor/servers.h"

namespace topo::refactor {

// The events received but not executed may be only a part of a transaction.
[[nodiscard]] inline bool may_lack_rest(const ReplicationChannel& channel) {
  return channel.sql_thread != ThreadState::stopped && channel.exec != channel.read;
}

class LiveServers : public Servers {
 public:
  explicit LiveServers(Context& context) : context_(context), names_(context), connections_(context) {}
  Instance read(const InstanceKey& key) override;
  std::optional<std::chrono::seconds> measured_lag(const InstanceKey& key) override;
  std::optional<bool> are_same(const InstanceKey& one, const InstanceKey& other) override;
  std::chrono::seconds uptime(const InstanceKey& key) override;
  ReplicationState look(const Instance& server, WantedState wanted) override;
  ReplicationState stop(const Instance& server, WantedState wanted) override;
  ReplicationState start(const Instance& server, mysql::Threads threads) override;
  ReplicationState run_until(const Instance& server, const BinlogCoordinates& coordinates,
                             WantedState wanted) override;
  ReplicationState wait_for(const Instance& server, const BinlogCoordinates& coordinates) override;
  void change_master(const Instance& server, const mysql::MasterChange& change) override;
  void renew_relay_logs(const Instance& server, const mysql::MasterChange& change) override;
  void change_coordinates(const Instance& server, const BinlogCoordinates& coordinates,
                          std::optional<std::chrono::milliseconds> heartbeat) override;
  ReplicationState drain(const Instance& server, WantedState wanted, const IsNeedless& is_needless) override;
  ReplicationState resume(const Instance& server, WantedState wanted) override;
  void skip_transaction(const Instance& server) override;
  void set_read_only(const Instance& server, bool read_only, bool for_all) override;
  void set_semi_sync(const Instance& server, const SemiSyncChange& change) override;
  bool runs_events(const Instance& server) override;
  void stop_events(const Instance& server) override;
  void start_events(const Instance& server) override;
  std::string disabled_events(const Instance& server) override;
  std::size_t prepared_transactions(const Instance& server) override;
  std::string open_writers(const Instance& server) override;
  void end_clients(const Instance& server) override;
  void inject_empty(const Instance& server, const std::string& gtids) override;
  void reset_gtids(const Instance& server, const std::string& errant, const std::string& executed) override;
  void kill_query(const Instance& server, std::uint64_t process) override;
  void forget_master(const Instance& server) override;
  QuietLogEnd quiet_log_end(const Instance& server) override;
  std::optional<bool> has_replication_account(const Instance& server) override;
  void set_delay(const Instance& server, std::chrono::seconds delay) override;
  std::vector<std::string> missing_privileges(const Instance& server,
                                              const std::vector<mysql::Task>& tasks) override;
  std::optional<mysql::ReplicationAccount> replication_account(const Instance& server) override;
  bool commits_out_of_order(const Instance& server) override;
  std::unique_ptr<pgtid::EventReader> logs(const Instance& server, LogType type) override;
  std::string connection_to(const InstanceKey& key) override;
  void end_connection(const InstanceKey& key, const std::string& name) override;

 private:
  // Several replicas that move below one server use it at the same time.
  std::unique_lock<std::recursive_mutex> lock_server(const InstanceKey& key);
  void reset_gtids_of_mariadb(const Instance& server, const std::string& errant);
  [[noreturn]] static void throw_stuck(const Instance& server, const ReplicationState& replication,
                                       const BinlogCoordinates& goal, std::chrono::seconds timeout);
  // Throws mysql::SqlError. A connection that is lost is not used again.
  mysql::ResultSet command(const InstanceKey& key, const std::string& statement);
  std::string busy_clients(const Instance& server);
  [[nodiscard]] static std::string channel_of(const Instance& server);
  mysql::ReplicationStatements statements_for(const Instance& server);
  // For one answer, which may contain many names whose name servers hang: one deadline for all.
  inspect::ResolveHost resolver();
  // Transactions that START SLAVE would delete, and the channel's state.
  struct Fetched {
    ReplicationChannel channel;
    mysql::GtidUse use = mysql::GtidUse::no;
    std::string position;  // the last of them in each domain
    bool may_be_executed_by_coordinates = false;
  };
  // Throws like drain() when its SQL thread fails again.
  void require_that_it_executes(const Instance& server);
  // With both threads stopped, MariaDB by GTID would delete transactions received but not executed; nullopt:
  // there are no such whole transactions.
  std::optional<Fetched> deleted_at_start(const Instance& server);
  static std::string describe(const Instance& server, const Fetched& fetched);
  // A master that answers still has the transactions, or reports that it does not.
  void require_that_master_answers(const Instance& server, const Fetched& fetched);
  // Until they are executed, by their GTIDs: after CHANGE MASTER TO the server reports all coordinates as
  // executed, and workers that have not begun yet look as if they had nothing to do.
  void await_executed_by_coordinates(const Instance& server, const Fetched& fetched,
                                     ReplicationState replication);
  // The number of domains in which the server has not executed all up to `position`.
  std::size_t domains_to_execute(const Instance& server, const std::string& position);
  // The server executes them by file and position, and then replicates by GTID again.
  ReplicationState drain_by_coordinates(const Instance& server, const Fetched& fetched, WantedState wanted);
  // Starts receiving until the server has events beyond `read`. False: nothing comes, or nothing is missing:
  // parallel workers report their progress only now and then.
  bool fetches_more(const Instance& server, const BinlogCoordinates& read);
  // Waits until the SQL thread has executed what it can of the relay log. Having read all of it is not
  // enough: parallel workers may still have some of it to execute.
  ReplicationState executed_all(const Instance& server, ReplicationState replication,
                                const IsNeedless& is_needless);
  // Threads of several channels cannot be told apart: false with several channels.
  bool is_busy(const Instance& server);
  mysql::ApplierThreads applier_threads(const Instance& server);
  // Stops a replica that may have only a part of a transaction and receives no more of it. A SQL thread of
  // MySQL that has passed such a part to a worker takes a minute to stop, in case the rest comes. KILL ends
  // it at once, but the server's manual warns of it because of the workers' pending work: so KILL is used
  // only when they have done everything else. Either way the replica stops before the transaction.
  ReplicationState stop_short(const Instance& server, WantedState wanted);
  void end_sql_thread(const Instance& server, std::uint64_t id);
  // False: the thread still runs after two seconds.
  bool sql_thread_ends(const Instance& server, ReplicationState replication);
  // Runs the statements and reads the resulting replication state, in one request.
  // Whether its last statement was CHANGE MASTER TO, which deletes the relay logs: START SLAVE deletes
  // nothing.
  bool has_fresh_relay_logs(const InstanceKey& key);
  ReplicationState ask(const Instance& server, std::vector<std::string> statements, WantedState wanted);
  void take_heartbeat(const Instance& server, const mysql::Answer& answer, ReplicationState& replication);

  Context& context_;
  ProvenNames names_;
  OperationConnections connections_;
  std::mutex mutex_;              // guards the members below
  std::set<InstanceKey> fresh_;   // servers that have received nothing since CHANGE MASTER TO
  std::set<std::string> warned_;  // warnings logged already: an operation reads servers several times
  std::unordered_map<InstanceKey, std::unique_ptr<std::recursive_mutex>> server_mutexes_;
};

}  // namespace topo::refactor
