// An in-memory fleet of servers, for what real servers cannot do on demand: fail at each call in turn.
//
// A transaction is a number. A server has a binary log of transactions, and rows: the numbers in the order in
// which it executed them. Replicas execute by themselves only in repair().
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "topo/refactor/servers.h"

namespace fake {

class Fleet : public topo::refactor::Servers {
 public:
  // Drawn as in support/picture.h. The topmost servers, and the first server of a ring, have executed
  // transactions 1 … `transactions`; each replica has executed some fewer than its master, by its index.
  Fleet(std::string_view picture, int transactions);

  // The fault at the n-th call from now, counted from 0.
  enum class Fault {
    none,
    before,  // the call fails, and nothing was done
    after,   // everything was done, but the answer is lost
    during,  // the answer is lost; after run_until() the server runs on to the place; other calls: as `after`
    late,    // the answer is lost, and the server acts at the next repair(), unless the connection is ended
    death,   // the server dies before it does anything, for good
    torn,    // the server crashes during a change of its master, and comes back with the new master and
             // the former coordinates; other calls: as `before`
    lost_relay_logs,  // as `torn`, but the server comes back unchanged except for its relay logs, which are
                      // gone
  };
  void fail_at(int call, Fault fault);
  // As fail_at(), but the caller dies: no later call gets through until come_back().
  void die_at(int call, Fault fault);
  void come_back();
  [[nodiscard]] int calls() const;
  // The server that the fault hit; invalid: none yet.
  [[nodiscard]] topo::InstanceKey struck() const;

  topo::Instance read(const topo::InstanceKey& key) override;
  std::optional<std::chrono::seconds> measured_lag(const topo::InstanceKey&) override { return std::nullopt; }
  std::optional<bool> are_same(const topo::InstanceKey& one, const topo::InstanceKey& other) override {
    return one == other;
  }
  std::chrono::seconds uptime(const topo::InstanceKey& key) override;
  topo::refactor::ReplicationState look(const topo::Instance& server,
                                        topo::refactor::WantedState wanted) override;
  topo::refactor::ReplicationState stop(const topo::Instance& server,
                                        topo::refactor::WantedState wanted) override;
  topo::refactor::ReplicationState start(const topo::Instance& server, topo::mysql::Threads threads) override;
  topo::refactor::ReplicationState run_until(const topo::Instance& server,
                                             const topo::BinlogCoordinates& coordinates,
                                             topo::refactor::WantedState wanted) override;
  topo::refactor::ReplicationState wait_for(const topo::Instance& server,
                                            const topo::BinlogCoordinates& coordinates) override;
  void change_master(const topo::Instance& server, const topo::mysql::MasterChange& change) override;
  void renew_relay_logs(const topo::Instance& server, const topo::mysql::MasterChange& change) override;
  void forget_master(const topo::Instance& server) override;
  void change_coordinates(const topo::Instance& server, const topo::BinlogCoordinates& coordinates,
                          std::optional<std::chrono::milliseconds> heartbeat) override;
  topo::refactor::ReplicationState drain(const topo::Instance& server, topo::refactor::WantedState wanted,
                                         const IsNeedless& is_needless) override;
  topo::refactor::ReplicationState resume(const topo::Instance& server,
                                          topo::refactor::WantedState wanted) override;
  void skip_transaction(const topo::Instance& server) override;
  void set_read_only(const topo::Instance& server, bool read_only, bool for_all) override;
  std::string disabled_events(const topo::Instance&) override { return ""; }
  topo::refactor::QuietLogEnd quiet_log_end(const topo::Instance& server) override;
  void set_semi_sync(const topo::Instance& server, const topo::SemiSyncChange& change) override;
  bool runs_events(const topo::Instance& server) override;
  void stop_events(const topo::Instance& server) override;
  void start_events(const topo::Instance& server) override;
  std::size_t prepared_transactions(const topo::Instance& server) override;
  std::string open_writers(const topo::Instance&) override { return ""; }
  void end_clients(const topo::Instance& server) override;
  void inject_empty(const topo::Instance& server, const std::string& gtids) override;
  void reset_gtids(const topo::Instance& server, const std::string& errant,
                   const std::string& executed) override;
  void kill_query(const topo::Instance& server, std::uint64_t process) override;
  std::optional<bool> has_replication_account(const topo::Instance& server) override;
  std::vector<std::string> missing_privileges(const topo::Instance& server,
                                              const std::vector<topo::mysql::Task>& tasks) override;
  std::optional<topo::mysql::ReplicationAccount> replication_account(const topo::Instance& server) override;
  bool commits_out_of_order(const topo::Instance& server) override;
  std::unique_ptr<pgtid::EventReader> logs(const topo::Instance& server, topo::LogType type) override;
  std::string connection_to(const topo::InstanceKey& key) override;
  void end_connection(const topo::InstanceKey& key, const std::string& name) override;

  // From now on, before each call the first server that is writable is written to, and each running replica
  // executes something.
  void be_lively();

  // Includes dead servers. Does not count as a call.
  [[nodiscard]] std::map<topo::InstanceKey, topo::Instance> all() const;
  void make_read_only(const topo::InstanceKey& key);
  void have_semi_sync(const topo::InstanceKey& key, const topo::SemiSync& semi_sync);
  // The first server that is writable; the first of all: none is.
  [[nodiscard]] topo::InstanceKey writer() const;
  // Writes one transaction.
  void write(const topo::InstanceKey& key);
  // Moves the replica as another user would; it continues at the same transaction.
  void set_delay(const topo::Instance& server, std::chrono::seconds delay) override;
  void move_behind_the_back(const topo::InstanceKey& key, const topo::InstanceKey& master);
  void commit_out_of_order(const topo::InstanceKey& key);
  void prepare_transactions(const topo::InstanceKey& key, std::size_t count);
  // All servers are MySQL servers with GTIDs, and this one has errant transactions. Their rows are not
  // compared. A server whose gtid_executed is empty begins at the beginning when it is started.
  void have_errant(const topo::InstanceKey& key, const std::string& errant);
  // Its replicas cannot log in.
  void refuse_logins(const topo::InstanceKey& key);
  // Sets whether the server reports a replication account (by default it does), which account
  // replication_account() returns, and which privilege this program lacks.
  void set_account(const topo::InstanceKey& key, std::optional<bool> has_account);
  void set_credentials(const topo::mysql::ReplicationAccount& account) { credentials_ = account; }
  void take_privilege(const topo::InstanceKey& key, const std::string& privilege);
  // The replication account last given to the server; nullopt: none was given.
  [[nodiscard]] std::optional<topo::mysql::ReplicationAccount> account(const topo::InstanceKey& key) const;
  // Lets all running replicas execute until nothing is left.
  void repair();
  [[nodiscard]] std::vector<int> rows(const topo::InstanceKey& key) const;
  [[nodiscard]] bool is_running(const topo::InstanceKey& key) const;
  [[nodiscard]] std::optional<topo::InstanceKey> master(const topo::InstanceKey& key) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> heartbeat(const topo::InstanceKey& key) const;

 private:
  struct Server {
    topo::Instance facts;  // without channels
    std::vector<int> log, rows;
    bool is_replica = false;
    topo::InstanceKey master;
    std::size_t executed = 0;  // transactions of the log of the master, or of another server
    topo::InstanceKey torn_from{};
    std::chrono::seconds uptime{3600};
    bool io = false, sql = false;
    std::chrono::seconds delay{0};
    std::optional<std::size_t> until{};  // the SQL thread stops after this many transactions
    bool is_detached = false;
    std::chrono::milliseconds heartbeat{0};
    bool is_dead = false, refuses_logins = false, commits_out_of_order = false;
    bool runs_events = true;
    std::size_t prepared = 0;  // transactions of XA
    bool has_lost_relay_logs = false, has_no_place = false;
    std::optional<bool> has_account = true;
    std::optional<topo::mysql::ReplicationAccount> account{};
    std::vector<std::string> missing{};
  };

  Server& at(const topo::InstanceKey& key);
  [[nodiscard]] const Server& at(const topo::InstanceKey& key) const;
  template <typename Work>
  auto call(const topo::InstanceKey& key, const Work& work);
  [[nodiscard]] topo::Instance shown(const Server& server) const;
  [[nodiscard]] topo::refactor::ReplicationState replication(const Server& server,
                                                             topo::refactor::WantedState wanted = {}) const;
  void execute_next(Server& server);
  static void append(Server& server);
  bool advance();

  mutable std::mutex mutex_;
  std::map<topo::InstanceKey, Server> servers_;
  int calls_ = 0, fault_at_ = -1;
  Fault fault_ = Fault::none;
  bool is_lively_ = false;
  std::function<void()> late_;  // what a server still has to do
  bool caller_dies_ = false, caller_is_dead_ = false;
  topo::InstanceKey struck_;
  std::optional<topo::mysql::ReplicationAccount> credentials_;
};

}  // namespace fake
